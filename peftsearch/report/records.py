"""What a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from peftsearch.insight.points import Point, point_of
from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.trial import Trial
from peftsearch.results.search_result import SearchResult


@dataclass(frozen=True)
class Records:
    """What a report is made of.

    Attributes:
        comparisons: What `peftsearch confirm` kept of its comparisons, oldest first.
        runs: What it kept of single runs.
        fronts: What it kept of comparisons of whole fronts.
    """

    result: SearchResult
    comparisons: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Mapping[str, Any]] = ()
    fronts: Sequence[Mapping[str, Any]] = ()

    @cached_property
    def everything(self) -> list[Estimate[Trial]]:
        """All configurations with a result."""
        return estimate_each(self.result.trials)

    @cached_property
    def points(self) -> list[Point]:
        """The ended trials in order of event."""
        ended = [x for x in self.result.trials if x.event is not None]
        ended.sort(key=lambda x: x.event or 0)
        return [point_of(x, self.result.job.spec) for x in ended]
