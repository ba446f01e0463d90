"""How many trainings a confirmation makes of each of its arms."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from peftsearch.errors import UserError
from peftsearch.records.pace import Finished, finished_of, pace_of
from peftsearch.records.ranges import Range
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import NOMINAL_RATE

from .thresholds import check_precision
from .wording import plural, span

FIRST = 900_001
"""The search uses none of the seeds from here on."""
LEAST, USUAL, MOST, LIMIT = 2, 3, 99, 10
RATES = tuple(NOMINAL_RATE * 10**step for step in (-0.75, -0.5, -0.25, 0.0, 0.25))
_TRAINED = 3
"""Arms: the picked one, the linear probe, tuned LoRA."""


def check_enough(rows: int) -> None:
    """Refuse a test split that no interval follows from, before it is read.

    Raises:
        UserError: It has too few rows.
    """
    if rows < LEAST:
        expected, hint = f"a test split of at least {LEAST} rows", "give more rows as task.test"
        raise UserError(expected, plural(rows, "row"), hint, "task.test")


def first_seeds(count: int) -> tuple[int, ...]:
    """The seeds of so many trainings."""
    return tuple(range(FIRST, FIRST + count))


@dataclass(frozen=True)
class Plan:
    """Seeds of each arm.

    Attributes:
        seeds: That it begins with.
        width: Of the interval of the picked arm minus tuned LoRA, for which these two get further
            seeds; None adds none.
        limit: Seeds that an arm has at most.
        precision: Of thresholds that are tried on the test split; None tries none.
        swept: The best of the job's LoRA sweep, as a further arm; None without.
        agreed: Number of the reading of the test split that a person agreed to; None agrees to
            any.
    """

    seeds: int = USUAL
    width: float | None = None
    limit: int = USUAL
    precision: float | None = None
    swept: Configuration | None = None
    agreed: int | None = None

    @classmethod
    def of(cls, seeds: int | None, width: float | None, precision: float | None = None) -> Self:
        """What a person asks for.

        Args:
            seeds: How many; with a width how many at most.

        Raises:
            UserError: Too few, too many, no width, or no precision.
        """
        check_precision(precision)
        if seeds is not None and not LEAST <= seeds <= MOST:
            raise UserError(f"from {LEAST} to {MOST} seeds", f"{seeds}", "name a number between")
        if width is None:
            return cls(seeds or USUAL, None, seeds or USUAL, precision)
        if not 0 < width < float("inf"):
            raise UserError("a width above 0", f"{width:g}", "name it in the metric's own units")
        limit = seeds or LIMIT
        return cls(min(USUAL, limit), width, limit, precision)

    @property
    def trainings(self) -> int:
        """That it takes before further seeds are added: LoRA's rates, and each arm's seeds."""
        return len(RATES) + (_TRAINED + (self.swept is not None)) * self.seeds

    @property
    def further(self) -> Sequence[int]:
        """Seeds that may be added."""
        return first_seeds(self.limit)[self.seeds :]

    def subject(self, picked: Sequence[Configuration]) -> str:
        """What is read of the test split, for the ledger: the same again is no other reading."""
        keys = " ".join(sorted(x.key for x in picked))
        wanted = "" if self.width is None else f", width {self.width:g}"
        wanted += "" if self.precision is None else f", precision {self.precision:g}"
        wanted += "" if self.swept is None else f", sweep {self.swept.key}"
        return f"{keys}: {self.limit} seeds{wanted}"


@dataclass
class Pending:
    """Trainings that are still to be made, and how long they take: by the job's trials, and once
    two are made here by those alone, as machines and evaluations differ.

    Attributes:
        spec: The job's; None foresees nothing.
        left: How many.
    """

    spec: JobSpec | None = None
    searched: Sequence[Finished] = ()
    left: int = 0
    made: list[Finished] = field(default_factory=list)

    @classmethod
    def of(cls, spec: JobSpec, trials: Sequence[Trial], left: int) -> Self:
        """Before the first."""
        return cls(spec, [x for x in finished_of(trials) if x.seconds > 0], left)

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


def tell_forecast(pending: Pending, total: int = Plan().trainings, further: int = 0) -> str:
    """What is about to begin: how many trainings, and how long by the trials of the job.

    Args:
        total: Trainings with those that are kept.
        further: That a wanted width may add.
    """
    left, time = pending.left, pending.tell()
    most = f"; for the width up to {further} more" if further else ""
    if not left:
        return f"all {total} trainings are kept from before{most}"
    about = f", {time} by the job's trials" if time else ""
    done = f" of {total}, the others are kept" if left < total else ""
    return (
        f"{plural(left, 'training')}{done}{about}{most}; what is interrupted goes on where it was"
    )
