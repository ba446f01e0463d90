"""Where a worker of a run lives: anything that calls functions in one process and no other."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol


class Lane(Protocol):
    """As `ProcessPoolExecutor(1)`, which is one."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call a function there, after all that was submitted before."""


class RayLane:
    """An actor of the Ray cluster that this program is connected to.

    Args:
        options: Of the actor, such as `num_cpus=1`.
    """

    def __init__(self, **options: Any) -> None:
        import ray

        self._actor: Any = ray.remote(_Caller).options(**options).remote()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """As of `Lane`."""
        found: Future[Any] = self._actor.call.remote(function, *arguments).future()
        return found


class _Caller:
    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)
