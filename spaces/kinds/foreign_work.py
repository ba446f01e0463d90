"""The work of kinds of task that other packages add: what it raises is told with the package."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from peftsearch.errors import ANYTHING, PeftsearchError
from peftsearch.extensions import broken

GROUP = "peftsearch.kinds"
"""Of the entry points by which other packages add rows."""

_PASSED = (PeftsearchError, OSError, MemoryError, RuntimeError)
"""What it may raise on purpose, or what says something of data, of the machine or of tensors."""


class ForeignWork:
    """A `peftsearch.workers.kinds.work.Work` of another package, with its methods guarded.

    Args:
        work: That object.
        kind: Name of the kind.
    """

    def __init__(self, work: Any, kind: str) -> None:
        self._work, self._kind = work, kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = _guard(lambda: getattr(self._work, name), name, self._kind)
        if not callable(value):
            return value
        return wraps(value)(lambda *x, **y: _guard(lambda: value(*x, **y), name, self._kind))


def _guard(call: Callable[[], Any], part: str, kind: str) -> Any:
    try:
        return call()
    except ANYTHING as error:
        ours = type(error).__module__.startswith("peftsearch.")  # such as the end of a trial
        plain = isinstance(error, _PASSED) and not isinstance(error, NotImplementedError)
        if ours or plain:
            raise
        got = f"{type(error).__name__}: {error}"
        raise broken(GROUP, kind, f"an answer from `{part}` of the work", got) from error
