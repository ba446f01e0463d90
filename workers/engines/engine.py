"""What an engine does: it starts workers of a job, watches them, and stops them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Member(Protocol):
    """One worker, as those see it who show a job's progress."""

    @property
    def loaded(self) -> bool:
        """Whether it has begun to work."""

    @property
    def trial(self) -> tuple[int, int] | None:
        """Id and attempt of the trial it holds."""

    @property
    def number(self) -> int:
        """Of the trial it holds; negative where it holds none."""

    @property
    def batches(self) -> tuple[int, int]:
        """Steps of what it does, done and in total; 0 where that is not known."""

    @property
    def progress(self) -> tuple[int | None, int | None]:
        """Steps of its trial; None while it holds none or prepares it."""


@dataclass
class SeenMember:
    """A worker of whom no more is known than this (`Member`)."""

    loaded: bool = True
    trial: tuple[int, int] | None = None
    number: int = -1
    batches: tuple[int, int] = (0, 0)

    @property
    def progress(self) -> tuple[int | None, int | None]:
        """Steps of its trial; None while it holds none or prepares it."""
        return self.batches if self.trial is not None and self.batches[1] else (None, None)


class Crew(Protocol):
    """All workers that are seen from here."""

    @property
    def children(self) -> Sequence[Member]:
        """Those that are left."""


class Engine(Crew, Protocol):
    """The workers of one job.

    Whatever starts them, each is the loop of `workers.processes.loop`: what keeps a job whole is
    in the database, and an engine that dies loses no trial. It is used by one thread.
    """

    def start(self) -> None:
        """Start all workers. Returns before they have loaded.

        Raises:
            UserError: They cannot be started here, for a reason that a person can mend.
        """

    def poll(self) -> bool:
        """Look after the workers, some times a second. False when none is left or will come.

        Raises:
            WorkerError: One could not start, too many died in a row, or the engine itself is lost.
        """

    def take_news(self) -> list[str]:
        """What happened to workers since the last time, a line each."""

    def stop(self) -> None:
        """Ask all workers of its own to give back what they hold and to leave."""

    @property
    def living(self) -> Sequence[Member]:
        """Those of its own that have not left."""

    def kill(self) -> None:
        """End all that are left of its own, and queue again what they held."""
