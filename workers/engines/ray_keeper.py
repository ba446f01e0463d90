"""What runs on the nodes of a Ray cluster: an actor that keeps one worker process.

The loop runs in a process of its own, as in a local pool: one that hangs in a library can be
killed, and one whose actor dies leaves with it.
"""

import os
from dataclasses import dataclass, replace

from peftsearch.workers.processes.child import Assignment, start_child
from peftsearch.workers.runtime.threads import count_threads, wait_passively

_KILL_SECONDS = 5.0


@dataclass(frozen=True)
class Reading:
    """What the pool is told of a worker process.

    Attributes:
        words: Of its status (`SharedStatus.read`).
        exitcode: None while it lives.
        fault: Why it could not work, and the exit code of a command for that.
    """

    words: dict[str, int]
    exitcode: int | None
    fault: tuple[str, int] | None = None


class Keeper:
    """Starts a worker process on its node, and tells of it until it has ended."""

    def __init__(self, assignment: Assignment) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        wait_passively(os.environ)
        # Ray sets OMP_NUM_THREADS to the CPUs that it keeps for an actor.
        threads = max(1, count_threads() // assignment.devices)
        here = replace(assignment, parent=os.getpid(), threads=threads)
        self._child = start_child(here)

    def look(self, stop: bool) -> Reading:
        """How it stands.

        Args:
            stop: Whether it is to give back what it holds and to leave.
        """
        if stop:
            self._child.status.stop()
        exitcode = None if self._child.process.is_alive() else self._child.process.exitcode
        error = self._child.status.error
        fault = None if exitcode is None or error.empty() else error.get()
        return Reading(self._child.status.read(), exitcode, fault)

    def kill(self) -> Reading:
        """End it now."""
        self._child.process.kill()
        self._child.process.join(_KILL_SECONDS)
        return self.look(stop=True)
