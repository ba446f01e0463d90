"""How much trainings of one configuration differ by their seeds, estimated from few of them.

Two trainings of one configuration scored on the same rows differ by what their weights are worth
and by which rows each of them happens to get right. The second is no larger than the rows allow,
on few of them most of what is seen, and goes into the rows' part of an interval, not the seeds'.
A pair alone tells neither; so what a job saw is weighed with what recorded trainings of other jobs
had, an inverse gamma prior on the variance (Gelman et al., Bayesian Data Analysis, 3.3). The
constants are measured by `benchmarks/seed_spread.py` (decision 0129).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import variance

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.sampling_errors import standard_error
from peftsearch.results.wording import difference, plural
from peftsearch.spaces.jobspec.spec import JobSpec

RECORDED = 0.35
"""Variance between recorded trainings, by that of the rows they were scored on."""
BY_ROWS = 0.15
"""The part of it that is which rows each of them gets right."""
FREEDOM = 4.0
"""As how many further seeds the recorded trainings count."""
_THIN = 3
"""Further seeds of a job below which what they tell is called little."""


@dataclass(frozen=True)
class SeedSpread:
    """How much trainings of one configuration differ, beyond which rows each gets right.

    Attributes:
        deviation: Standard deviation of the job's quality.
        observed: That between the job's own trainings, as they were scored; None of none.
        repeated: Configurations that it was observed in.
        further: Trainings beyond the first of each.
        rows: Validation rows that these were scored on.
    """

    deviation: float
    observed: float | None
    repeated: int
    further: int
    rows: int

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the variance."""
        return FREEDOM + self.further

    def tell(self, name: str, beside: float) -> str:
        """What it rests on, within a sentence.

        Args:
            name: Of the quality.
            beside: Its value, which says how many digits a difference has.
        """
        said = f"trainings are taken to differ by {difference(name, self.deviation, beside)}"
        if self.observed is None:
            return (
                f"{said}, as recorded trainings of other jobs do: nothing was trained twice here"
            )
        seen = difference(name, self.observed, beside)
        further = plural(self.further, "repeated training")
        own = f"{further} of {plural(self.repeated, 'configuration')}, apart by {seen}"
        little = ", which says little," if self.further < _THIN else ""
        return (
            f"{said}: {own} on {self.rows:,} validation rows{little} and recorded ones elsewhere"
        )


def estimate_spread(
    tried: Sequence[Estimate[Trial]], like: Estimate[Trial], spec: JobSpec
) -> SeedSpread | None:
    """By all of a job that was trained more than once, and what is recorded of others.

    Args:
        like: The configuration that it is wanted of.

    Returns:
        None where nothing tells the sampling error of its quality by the validation rows.
    """
    error, rows = standard_error(like, spec), like.first.validation_rows
    if error is None or rows is None:
        return None
    groups = [[x.measurements[spec.task.quality] for x in y.trials] for y in tried]
    repeated = [x for x in groups if len(x) > 1]
    further = sum(len(x) - 1 for x in repeated)
    squares = sum((len(x) - 1) * variance(x) for x in repeated)
    seen = (FREEDOM * RECORDED * error**2 + squares) / (FREEDOM + further)
    own = max(seen - BY_ROWS * error**2, seen / 2)
    observed = math.sqrt(squares / further) if further else None
    return SeedSpread(math.sqrt(own), observed, len(repeated), further, rows)
