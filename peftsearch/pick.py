"""Choosing one configuration: the knee, the best, a row of the front, or an expression."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peftsearch.spaces.bounds import Bound
from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.errors import NotFoundError, UserError
from peftsearch.spaces.jobspec import JobSpec
from peftsearch.spaces.objectives import objective
from peftsearch.storage.records import FrontPoint, Trial, TrialState

_EXPRESSION = re.compile(r"\s*(\w+)\s+where\s+(\S.*?)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Summary:
    """A configuration with the means of all its completed full-fidelity trials.

    Attributes:
        trials: Those trials, ascending by number; their count is the number of seeds.
    """

    configuration: Configuration
    values: Mapping[str, float]
    trials: tuple[Trial, ...]

    @property
    def key(self) -> str:
        """Canonical key of the configuration."""
        return self.configuration.key


def summarise(trials: Sequence[Trial]) -> list[Summary]:
    """One summary per configuration key, in the order of first proposal."""
    grouped: dict[str, list[Trial]] = defaultdict(list)
    for trial in sorted(trials, key=lambda x: x.number):
        if trial.state is TrialState.COMPLETED and trial.fidelity == 1.0:
            grouped[trial.key].append(trial)
    return [
        Summary(group[0].configuration, _means(group), tuple(group)) for group in grouped.values()
    ]


def _means(group: Sequence[Trial]) -> dict[str, float]:
    names = set.intersection(*(set(trial.measurements) for trial in group))
    return {
        name: math.fsum(trial.measurements[name] for trial in group) / len(group)
        for name in sorted(names)
    }


def select(
    text: str, spec: JobSpec, front: Sequence[FrontPoint], trials: Sequence[Trial]
) -> Summary:
    """The configuration that `text` means.

    Args:
        text: `knee`, `best`, a row number of the printed front, or for example
            `accuracy where adapter_bytes <= 200 KB and training_seconds <= 30`. An expression
            looks at all completed configurations, for its bounds need not be the front's.
        front: Ascending by cost.

    Raises:
        NotFoundError: The front is empty, has no such row, or nothing meets the bounds.
        UserError: `text` is none of these.
    """
    summaries = {summary.key: summary for summary in summarise(trials)}
    members = [summaries[point.key] for point in front]
    if not members:
        raise NotFoundError(
            "a job with completed trials", "an empty front", "let the job run first"
        )
    if text == "best":
        return max(members, key=lambda x: objective(spec.task.quality).signed(_q(x, spec)))
    if text == "knee":
        return members[knee(members, spec)]
    if re.fullmatch(r"\d+", text):
        return _row(int(text), members)
    return _best_where(text, spec, list(summaries.values()))


def _q(summary: Summary, spec: JobSpec) -> float:
    return summary.values[spec.task.quality]


def _row(number: int, members: Sequence[Summary]) -> Summary:
    if not 1 <= number <= len(members):
        raise NotFoundError(
            f"a row of the front, 1 to {len(members)}", f"{number}", "see `peftsearch front JOB`"
        )
    return members[number - 1]


def knee(members: Sequence[Summary], spec: JobSpec) -> int:
    """Index of the point that lies farthest above the line from the cheapest to the best.

    Quality and log10 cost are scaled to [0, 1] over the front (Das, 1999; as in `kneed`).
    """
    quality = [objective(spec.task.quality).signed(_q(x, spec)) for x in members]
    cost = [math.log10(max(x.values[spec.objectives.cost], 1.0)) for x in members]
    positive = [x for x in cost if x > 0]
    cost = [x if x > 0 else min(positive, default=0.0) for x in cost]
    gains = [_scale(quality, i) - _scale(cost, i) for i in range(len(members))]
    return max(range(len(members)), key=gains.__getitem__)


def _scale(values: Sequence[float], index: int) -> float:
    low, high = min(values), max(values)
    return (values[index] - low) / (high - low) if high > low else 0.0


def _best_where(text: str, spec: JobSpec, summaries: Sequence[Summary]) -> Summary:
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise UserError(
            "knee, best, a row of the front, or 'accuracy where adapter_bytes <= 200 KB'",
            repr(text),
            "correct --pick",
        )
    wanted = objective(match[1])
    bounds = [
        Bound.parse(part) for part in re.split(r"\s+and\s+|,", match[2], flags=re.IGNORECASE)
    ]
    fitting = [
        summary
        for summary in summaries
        if wanted.name in summary.values
        and all(b.name in summary.values and b.holds(summary.values[b.name]) for b in bounds)
    ]
    if not fitting:
        closest = ", ".join(_closest(bound, summaries) for bound in bounds)
        raise NotFoundError(
            f"a configuration with {' and '.join(map(str, bounds))}",
            "none among the completed trials",
            f"loosen the bounds ({closest})",
        )
    return max(
        fitting,
        key=lambda x: (wanted.signed(x.values[wanted.name]), -x.values[spec.objectives.cost]),
    )


def _closest(bound: Bound, summaries: Sequence[Summary]) -> str:
    values = [x.values[bound.name] for x in summaries if bound.name in x.values]
    if not values:
        return f"{bound.name} is not measured by this job"
    extreme = min(values) if bound.sign.startswith("<") else max(values)
    return f"{bound.name} reaches {extreme:,.6g}"
