"""Trainings that a confirmation is still to make, and how long they take."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from peftsearch.records.pace import Finished, finished_of, pace_of
from peftsearch.records.ranges import Range
from peftsearch.records.trial import Trial
from peftsearch.results.wording import plural, span
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec


@dataclass(frozen=True)
class Counts:
    """Trainings of a confirmation.

    Attributes:
        left: That are not kept from before, at most.
        total: With those that are.
        further: That a wanted width may add, at most.
        words: What the total is made of; empty where nobody says.
    """

    left: int
    total: int
    further: int = 0
    words: str = ""


@dataclass
class Pending:
    """Trainings that are still to be made, and how long they take: by the job's trials, and once
    two are made here by those alone, as machines and evaluations differ.

    Attributes:
        spec: The job's; None foresees nothing.
        left: How many.
        total: With those that are kept from before.
        words: As of `Counts`.
    """

    spec: JobSpec | None = None
    searched: Sequence[Finished] = ()
    left: int = 0
    total: int = 0
    words: str = ""
    made: list[Finished] = field(default_factory=list)

    @classmethod
    def of(cls, spec: JobSpec, trials: Sequence[Trial], counts: Counts) -> Self:
        """Before the first."""
        searched = [x for x in finished_of(trials) if x.seconds > 0]
        return cls(spec, searched, counts.left, counts.total, counts.words)

    def note(self, configuration: Configuration, seconds: float) -> None:
        """One was made."""
        self.left = max(0, self.left - 1)
        self.made.append(Finished(configuration, seconds))

    def foresee(self) -> Range | None:
        """Seconds of those that are left; None where nothing is known."""
        known = self.made if len(self.made) > 1 else [*self.searched, *self.made]
        pace = None if self.spec is None else pace_of(self.spec, known)
        return None if pace is None else replace(pace, pause=0.0).foresee((), self.left)

    def tell(self) -> str:
        """`2 min to 5 min`; empty where nothing is known, or left."""
        time = self.foresee() if self.left else None
        return "" if time is None else span(time.low, time.high)


def tell_forecast(pending: Pending, further: int = 0) -> str:
    """What is about to begin: how many trainings, and how long by the trials of the job.

    Args:
        further: Trainings that a wanted width may add.
    """
    left, total, time = pending.left, pending.total, pending.tell()
    most = f"; for the width up to {further} more" if further else ""
    parts = f" ({pending.words})" if pending.words else ""
    if not left:
        return f"all {total} trainings{parts} are kept from before{most}"
    about = f", {time} by the job's trials" if time else ""
    done = f" of {total}{parts}, the others are kept" if left < total else parts
    return (
        f"{plural(left, 'training')}{done}{about}{most}; what is interrupted goes on where it was"
    )
