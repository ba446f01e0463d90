"""How wide the interval of a confirmation is going to be, foreseen before anything is trained."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import variance

from scipy.special import stdtrit

from peftsearch.records.estimates import Estimate, estimate, estimate_each
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.differences import Components
from peftsearch.results.standing.floors import Standing, compare
from peftsearch.results.wording import difference, plural
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .plan import LEAST, MOST, Plan
from .spending import percent

ASSUMED = 0.015
"""Standard deviation of a share between seeds, where a job tells too little: the middle of those
at which intervals were found to hold (decision 0096)."""
_FEW = 0.6
"""Share of the width that a further seed leaves, below which it is worth to be named."""
FEWEST = 3
"""Repeated trainings that tell more than the assumption."""


@dataclass(frozen=True)
class SeedSpread:
    """How much trainings of one configuration differ.

    Attributes:
        deviation: Standard deviation of the job's quality.
        repeated: Configurations that it was observed in; 0 where it is assumed.
    """

    deviation: float
    repeated: int


@dataclass(frozen=True)
class Width:
    """The interval of the picked configuration minus the best floor, as it may be expected.

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
        """Half of it, with the seeds that are asked for."""
        return self._half(self.seeds)

    @property
    def one_more(self) -> float:
        """Half of it, with a further seed."""
        return self._half(self.seeds + 1)

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

    def _half(self, seeds: int) -> float:
        by_seeds = self.spread.deviation**2 / seeds
        parts = Components(0.0, self.rows, by_seeds, self.rows_count - 1, seeds - 1)
        return parts.half_width(self._tail)


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
    spread = _observe(tried, spec)
    if found is None or standing is None or spread is None or rows < LEAST:
        return None
    alone = compare(estimate(found.trials[:1]), spec, preparation)
    scored = found.first.validation_rows
    if alone is None or alone.error is None or not scored:
        return None
    by_rows = alone.error**2 * scored / rows
    return Width(standing, by_rows, rows, spread, plan.seeds, level)


def _observe(tried: Sequence[Estimate[Trial]], spec: JobSpec) -> SeedSpread | None:
    """By all that was trained more than once; of a share no less than is assumed while that is
    little, and may agree by luck. None where nothing tells it."""
    quality = objective(spec.task.quality)
    groups = [[x.measurements[quality.name] for x in y.trials] for y in tried]
    repeated = [x for x in groups if len(x) > 1]
    free = sum(len(x) - 1 for x in repeated)
    pooled = sum((len(x) - 1) * variance(x) for x in repeated) / max(free, 1)
    assumed = ASSUMED if quality.share and free < FEWEST else 0.0
    if not free and not assumed:
        return None
    observed = math.sqrt(pooled)
    return SeedSpread(observed, len(repeated)) if observed >= assumed else SeedSpread(assumed, 0)


def tell_widths(found: Sequence[Width | None], spec: JobSpec) -> list[str]:
    """Of all configurations of a front: how wide their intervals are, and how many of them are
    not going to be told apart from the floor. Nothing where nothing tells."""
    known = [x for x in found if x is not None]
    if not known:
        return []
    name, beside, one = spec.task.quality, known[0].standing.quality, known[0]
    halves = sorted(x.half for x in known)
    ends = dict.fromkeys(difference(name, x, beside) for x in (halves[0], halves[-1]))
    told = [
        f"the {percent(one.level)} interval of each configuration minus the best floor is "
        f"expected to be about ± {' to '.join(ends)}, by "
        f"{plural(one.rows_count, 'test row')} and {one.seeds} seeds (Student's t "
        f"{one.quantile:.3g})"
    ]
    wide = [x.enough for x in known if x.wide]
    if not wide:
        return [*told, *_tell_few(max(known, key=lambda x: x.half), spec)]
    enough = [x for x in wide if x is not None]
    advice = f"no number of seeds up to {MOST} would make it so narrow, more test rows may"
    if enough:
        advice = f"{max(enough)} seeds would make it about so narrow for {len(enough)} of them"
    many = f"{len(wide)} of the {len(found)} configurations"
    lead = "their distance from it on the validation rows"
    return [*told, f"that is too wide to tell {many} from the floor, beside {lead}: {advice}"]


def tell_width(found: Width, spec: JobSpec) -> list[str]:
    """How wide, by what, and whether that is too wide to tell the floor apart."""
    name, beside = spec.task.quality, found.standing.quality
    half, deviation, gain = (
        difference(name, x, beside)
        for x in (found.half, found.spread.deviation, abs(found.standing.gain))
    )
    repeated = found.spread.repeated
    source = (
        f"as observed in {plural(repeated, 'configuration')} with several trainings"
        if repeated
        else "which is assumed, since too little was trained twice"
    )
    told = [
        f"the {percent(found.level)} interval of the pick minus the best floor is expected to be "
        f"about ± {half}, by {plural(found.rows_count, 'test row')} and {found.seeds} seeds "
        f"(Student's t {found.quantile:.3g}; trainings differ by {deviation}, {source})"
    ]
    if not found.wide:
        return [*told, *_tell_few(found, spec)]
    side = "is behind" if found.standing.gain < 0 else "leads"
    lead = f"the {gain} by which the pick {side} on the validation rows"
    if found.enough is None:
        told += _tell_few(found, spec)
        advice = f"no number of seeds up to {MOST} would make it so narrow, more test rows may"
    else:
        advice = f"{found.enough} seeds would make it about so narrow"
    return [*told, f"that is too wide to tell the floor apart, beside {lead}: {advice}"]


def _tell_few(found: Width, spec: JobSpec) -> list[str]:
    """That one more seed would do much; nothing where it would not."""
    if found.one_more > _FEW * found.half:
        return []
    half = difference(spec.task.quality, found.one_more, found.standing.quality)
    return [
        f"{found.seeds} seeds are few, most of that width comes from them: {found.seeds + 1} "
        f"would make it about ± {half}"
    ]
