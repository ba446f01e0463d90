"""How wide the interval of a confirmation is going to be, foreseen before anything is trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import fdtri, stdtrit

from peftsearch.records.estimates import estimate, estimate_each
from peftsearch.records.preparation import Preparation
from peftsearch.records.ranges import SHARE
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.differences import Components
from peftsearch.results.standing.floors import Standing, compare
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec

from .plan import LEAST, MOST, Plan
from .seed_spread import SeedSpread, estimate_spread

_MIDDLE = 0.5
_LOW, _HIGH = (1 - SHARE) / 2, (1 + SHARE) / 2


@dataclass(frozen=True)
class Width:
    """The interval of the picked configuration minus the best floor, as it may be expected.

    How far its seeds will lie apart is itself chance: their variance by the expected one is an F
    variable. The middle of that is what is likely, and a range holds in 9 of 10 cases.

    Attributes:
        standing: Of the configuration, by the validation rows.
        rows: Variance of the difference by the test rows.
        rows_count: How many these are.
        level: Chance with which the interval holds.
    """

    standing: Standing
    rows: float
    rows_count: int
    spread: SeedSpread
    seeds: int
    level: float

    @property
    def half(self) -> float:
        """Half of it, with the seeds that are asked for: as likely wider as narrower."""
        return self._half(self.seeds)

    @property
    def ends(self) -> tuple[float, float]:
        """Between what half of it lies in 9 of 10 cases."""
        return self._half(self.seeds, _LOW), self._half(self.seeds, _HIGH)

    @property
    def one_more(self) -> float:
        """Half of it, with a further seed."""
        return self._half(self.seeds + 1)

    @property
    def by_rows(self) -> float:
        """What of it the test rows make alone, whatever the seeds."""
        return self._parts(self.seeds, 0.0).half_width(self._tail)

    @property
    def quantile(self) -> float:
        """Student's, of so many seeds."""
        return float(stdtrit(self.seeds - 1, 1 - self._tail))

    @property
    def wide(self) -> bool:
        """Whether it holds 0 where the lead is what the validation rows say."""
        return self.half >= abs(self.standing.gain)

    @property
    def enough(self) -> int | None:
        """The fewest seeds with which it would not; None where no number of seeds does."""
        found = (x for x in range(LEAST, MOST + 1) if self._half(x) < abs(self.standing.gain))
        return next(found, None)

    @property
    def _tail(self) -> float:
        return (1 - self.level) / 2

    def _half(self, seeds: int, chance: float = _MIDDLE) -> float:
        luck = float(fdtri(seeds - 1, self.spread.freedom, chance))
        return self._parts(seeds, luck * self.spread.deviation**2 / seeds).half_width(self._tail)

    def _parts(self, seeds: int, by_seeds: float) -> Components:
        return Components(0.0, self.rows, by_seeds, self.rows_count - 1, seeds - 1)


def foresee_width(
    spec: JobSpec,
    picked: Configuration,
    trials: Sequence[Trial],
    preparation: Preparation | None,
    plan: Plan,
    rows: int,
    level: float,
) -> Width | None:
    """The interval of the picked configuration minus the best floor.

    Args:
        rows: Of the test split.
        level: Chance with which the interval is to hold.

    Returns:
        None where the job has no floor, or nothing tells what rows or seeds do.
    """
    tried = estimate_each(trials)
    found = next((x for x in tried if x.key == picked.key), None)
    standing = None if found is None else compare(found, spec, preparation, len(tried))
    if found is None or standing is None or rows < LEAST:
        return None
    alone = compare(estimate(found.trials[:1]), spec, preparation)
    spread, scored = estimate_spread(tried, found, spec), found.first.validation_rows
    if spread is None or alone is None or alone.error is None or not scored:
        return None
    by_rows = alone.error**2 * scored / rows
    return Width(standing, by_rows, rows, spread, plan.seeds, level)
