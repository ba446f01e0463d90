"""Trainings that a confirmation is still to make, and how long they take with all around them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from peftsearch.records.pace import Finished, finished_of, pace_of
from peftsearch.records.ranges import NO_TIME, NORMAL, Range, add_ranges, within_factor
from peftsearch.records.trial import Trial
from peftsearch.results.wording import plural, span
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec

from .confirmed_pace import as_confirmed, read_test_rows

APART = 0.25
"""Standard deviation of the logarithm of how fast the machine is by now, beside the job's trials:
other work, and other workers, were there then and are here now."""
OPENING = within_factor(20.0, 0.6)
"""Seconds until a program has its libraries, the model and the rows."""


@dataclass(frozen=True)
class Counts:
    """Trainings of a confirmation.

    Attributes:
        left: That are not kept from before, at most.
        total: With those that are.
        further: That a wanted width may add, at most.
        words: What the total is made of; empty where nobody says.
        tuned: Of those that are left, that are scored on the validation rows.
    """

    left: int
    total: int
    further: int = 0
    words: str = ""
    tuned: int = 0


@dataclass
class Pending:
    """Trainings that are still to be made, and how long they take: by the job's trials, and once
    two are made here by those alone, as machines and evaluations differ.

    A training that is scored on the validation rows is made once for each fold of the job, one
    that is scored on the test rows once.

    Attributes:
        spec: The job's; None foresees nothing.
        searched: The job's trials, as they would be scored on the test rows.
        left: How many.
        total: With those that are kept from before.
        words: As of `Counts`.
        tuned: The same.
        folds: Of the job; 1 of a job without.
        beside: Seconds of what else is still to come, such as floors on the test rows.
    """

    spec: JobSpec | None = None
    searched: Sequence[Finished] = ()
    left: int = 0
    total: int = 0
    words: str = ""
    tuned: int = 0
    folds: int = 1
    beside: Range = NO_TIME
    made: list[Finished] = field(default_factory=list)

    @classmethod
    def of(cls, spec: JobSpec, trials: Sequence[Trial], counts: Counts, rows: int = 0) -> Self:
        """Before the first.

        Args:
            rows: Of the test split; 0 takes them for as many as are validated on.
        """
        alike = [as_confirmed(x, rows) for x in trials]
        searched = [x for x in finished_of(alike) if x.seconds > 0]
        told = counts.left, counts.total, counts.words, counts.tuned, spec.task.folds or 1
        return cls(spec, searched, *told, read_test_rows(trials, rows))

    def note(self, configuration: Configuration, seconds: float, tuned: bool = False) -> None:
        """One was made.

        Args:
            tuned: Whether it was scored on the validation rows.
        """
        self.left = max(0, self.left - 1)
        self.tuned = max(0, self.tuned - tuned)
        self.made.append(Finished(configuration, seconds / (self.folds if tuned else 1)))

    def foresee(self) -> Range | None:
        """Seconds of all that is left; None where nothing is known."""
        own = len(self.made) > 1
        known = self.made if own else [*self.searched, *self.made]
        pace = None if self.spec is None else pace_of(self.spec, known)
        if pace is None:
            return None
        number = self.left + min(self.tuned, self.left) * (self.folds - 1)
        time = replace(pace, pause=0.0).foresee((), number)
        return add_ranges([time if own else _widen(time), self.beside])

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
    about = f", {time} from now by the job's trials" if time else ""
    done = f" of {total}{parts}, the others are kept" if left < total else parts
    return (
        f"{plural(left, 'training')}{done}{about}{most}; what is interrupted goes on where it was"
    )


def _widen(time: Range) -> Range:
    """By how much faster or slower the machine may be than it was."""
    if not time.likely:
        return time
    known = math.log(time.high / time.likely) / NORMAL
    return within_factor(time.likely, math.hypot(known, APART))
