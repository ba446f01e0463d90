"""How many trainings a confirmation makes of each of its arms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from peftsearch.errors import UserError
from peftsearch.results.calibrations.thresholds import check_precision
from peftsearch.results.wording import plural
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.techniques.table import NOMINAL_RATE

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

    def tell_trainings(self, base: str) -> str:
        """What they are, for people.

        Args:
            base: What the probe is called (`TaskKind.baseline`).
        """
        arms = ["the picked one", f"the {base}", "tuned LoRA"]
        arms += [] if self.swept is None else ["the best of the LoRA sweep"]
        return self.tell_seeds(len(RATES), f"{', '.join(arms[:-1])} and {arms[-1]}")

    def tell_seeds(self, rates: int, arms: str) -> str:
        """`5 for the rate of LoRA, then 3 seeds each of the picked one and tuned LoRA`."""
        return f"{rates} for the rate of LoRA, then {plural(self.seeds, 'seed')} each of {arms}"

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
