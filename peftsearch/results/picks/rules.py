"""Rules that choose a point of a front: the knee, and the cheapest that is as good as the best."""

import math
from collections.abc import Sequence
from typing import Protocol

from peftsearch.records.estimates import Valued
from peftsearch.records.expectation import Expectation
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec

ONE_SE = "1se"
"""The pick that a job proposes, as `lambda.1se` of glmnet (Breiman et al., 1984)."""
ONE_SE_WORDS = "the cheapest within one standard error of the best"
PROPOSED_WORDS = f"what is proposed, {ONE_SE_WORDS}"
PROPOSED_BY = f"what is proposed ({ONE_SE}), {ONE_SE_WORDS}"
"""The same where a reader first meets it, with what to type."""
RULES = (ONE_SE, "knee", "best")
_BEND = 0.05
"""Share of the ranges: a front that rises less above its line has no knee."""
_LEAST = 1e-3
"""Of a measured cost, in its unit: smaller ones count as this."""


def find_rule(text: str) -> str | None:
    """The rule that a pick names, in any case; None where it names none."""
    word = text.strip().lower()
    return word if word in RULES else None


class Seen(Protocol):
    """A training of which is known how surely it was scored."""

    @property
    def validation_rows(self) -> int | None:
        """Rows of the validation split; None where unknown."""

    @property
    def quality_error(self) -> float | None:
        """As `Trial.quality_error`."""


class Scored(Valued, Protocol):
    """A configuration at the mean over its seeds."""

    @property
    def expected(self) -> Expectation | None:
        """Its quality without luck; None where nothing tells it."""

    @property
    def first(self) -> Seen:
        """The first of its trainings."""


def find_one_se(front: Sequence[Scored], spec: JobSpec) -> int:
    """Index of the cheapest point whose quality lies within one standard error of the best's.

    Where the job's model tells what is expected of further trainings, that is compared, with its
    standard deviation (`Expectation`): the best of many raw means is too high by luck. Else raw
    means are, with the error of the best on the validation rows; without any, it is the best.

    Args:
        front: Ascending by cost, not empty.
    """
    goal, cost = objective(spec.task.quality), spec.objectives.cost
    qualities = [goal.signed(_quality(x, goal.name)) for x in front]
    best = max(range(len(front)), key=qualities.__getitem__)
    least = qualities[best] - (_error(front[best], spec) or 0.0)
    within = [i for i, quality in enumerate(qualities) if quality >= least]
    return min(within, key=lambda i: front[i].values[cost])


def _quality(found: Scored, name: str) -> float:
    return found.values[name] if found.expected is None else found.expected.mean


def _error(found: Scored, spec: JobSpec) -> float | None:
    if found.expected is not None:
        return found.expected.deviation
    first = found.first
    return sampling_error(spec, found.values, first.validation_rows, first.quality_error)


def knee(members: Sequence[Valued], spec: JobSpec) -> int:
    """Index of the point that lies farthest above the line from the cheapest to the best; of the
    best where none lies clearly above it, since what is gained then is gained late.

    Quality and log10 cost are scaled to [0, 1] over the front (Das, 1999; as in `kneed`). Of more
    objectives it is the plane through what is best in one and worst in all others.
    """
    goal = objective(spec.task.quality)
    heights = [_heights(members, objective(name)) for name in spec.goals]
    gains = [sum(values) for values in zip(*heights, strict=True)]
    best = max(range(len(members)), key=lambda i: goal.signed(members[i].values[goal.name]))
    found = max(range(len(members)), key=gains.__getitem__)
    return found if gains[found] - gains[best] > _BEND else best


def _heights(members: Sequence[Valued], goal: Objective) -> list[float]:
    """To maximise, over a range of 1; costs as logarithms, of which 0 counts as the smallest."""
    values = [x.values[goal.name] for x in members]
    if not goal.logarithmic:
        return _scale([goal.signed(x) for x in values])
    if not goal.known:
        return [goal.signed(x) for x in _scale([math.log10(max(x, _LEAST)) for x in values])]
    logs = [math.log10(max(x, 1.0)) for x in values]
    least = min((x for x in logs if x > 0), default=0.0)
    return [goal.signed(x) for x in _scale([x if x > 0 else least for x in logs])]


def _scale(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(x - low) / (high - low) if high > low else 0.0 for x in values]
