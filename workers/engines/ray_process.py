"""A worker process on a node of a Ray cluster, as its pool sees it from another machine."""

import contextlib
import time
from dataclasses import dataclass
from signal import SIGKILL
from typing import Any

import ray
from ray.exceptions import (
    ActorUnavailableError,
    RayActorError,
    RayError,
    RayTaskError,
)

from peftsearch.message_text import as_line
from peftsearch.workers.processes.child import Child
from peftsearch.workers.processes.pool import WorkerError
from peftsearch.workers.processes.process import Process
from peftsearch.workers.processes.shared_status import SharedStatus

from .ray_keeper import Reading

_KILL_SECONDS = 5.0
_CAUSE = "The actor is dead because "
_UNKNOWN = "its node or its process is gone"


class RayProcess(Process):
    """A process that an actor keeps.

    Its node is asked how it stands and not waited for: one that is slow or gone holds up no other.

    Attributes:
        placed: Whether Ray found room for it and it was begun.
        loss: Why the actor is there no more, in words; None while it is.
    """

    def __init__(self, actor: Any, status: SharedStatus) -> None:
        self._actor, self._status = actor, status
        self._look = actor.look.remote(False)
        self._killing: Any = None
        self._deadline = 0.0
        self._exitcode: int | None = None
        self.placed = False
        self.loss: str | None = None

    @property
    def exitcode(self) -> int | None:
        """How it ended; None while it lives, or where it was lost with its actor."""
        return self._exitcode

    def is_alive(self) -> bool:
        """Whether it lived by what came last from its node.

        Raises:
            WorkerError: The cluster does not answer any more.
        """
        if self._lives and ray.wait([self._look], timeout=0)[0]:
            self._take(self._look)
            if self._lives:
                self._look = self._actor.look.remote(self._status.stopped)
        return self._lives

    @property
    def _lives(self) -> bool:
        return self._exitcode is None and self.loss is None

    def _take(self, answer: Any) -> None:
        try:
            self._read(ray.get(answer, timeout=max(0.0, self._deadline - time.monotonic())))
        except ActorUnavailableError:
            pass  # its node may be back with the next look
        except RayActorError as error:
            self._lose(error)
        except RayTaskError as error:
            self._fail(f"{error.cause or error}")
        except RayError as error:
            raise WorkerError(f"the Ray cluster is lost: {as_line(str(error))}") from error

    def _read(self, reading: Reading) -> None:
        self.placed = True
        self._status.copy(reading.words)
        self._exitcode = reading.exitcode
        if reading.fault is not None:
            self._status.error.put(reading.fault)
        if reading.exitcode is not None:
            self._drop()

    def _drop(self) -> None:
        """Give back the room that its actor takes, where it is there."""
        if self.loss is not None:
            return
        with contextlib.suppress(RayError, ConnectionError):
            ray.kill(self._actor)

    def _lose(self, error: RayActorError) -> None:
        if error.actor_init_failed:
            self._fail(str(error))
        else:
            self.loss = f"lost, as {tell_loss(error)}"

    def _fail(self, told: str) -> None:
        """The node cannot begin it: as wherever a worker cannot start, that ends its pool."""
        last = told.strip().splitlines()[-1]
        self._status.error.put((f"a worker cannot start on its Ray node: {as_line(last)}", 1))
        self._exitcode = 1

    def ask_to_end(self) -> None:
        """Begin to end it, without a wait."""
        if self._lives and self._killing is None:
            self._deadline = time.monotonic() + _KILL_SECONDS
            self._killing = self._actor.kill.remote() if self.placed else self._look

    def kill(self) -> None:
        """End it now; one whose node does not answer ends with its actor, when Ray hears of it."""
        self.ask_to_end()
        if self._lives and self.placed:
            with contextlib.suppress(WorkerError):  # then it ends with its actor
                self._take(self._killing)
        self._drop()
        if self._lives:
            self._exitcode = -SIGKILL

    def join(self, timeout: float | None = None) -> None:
        """Nothing: `kill` has waited."""


@dataclass
class RayChild(Child):
    """One worker process of a cluster (`workers.processes.child.Child`)."""

    process: RayProcess

    @property
    def end(self) -> str:
        """How it ended."""
        return self.process.loss or super().end

    def watch(self) -> float:
        """Seconds since it moved; one for which there is no room yet does not stall."""
        if not self.process.placed:
            self.moved = time.monotonic()
        return super().watch()


def tell_loss(error: RayActorError) -> str:
    """What became of an actor: Ray's cause where it tells one."""
    _, known, cause = as_line(str(error)).rpartition(_CAUSE)
    return cause.partition(". ")[0].rstrip(".") if known else _UNKNOWN
