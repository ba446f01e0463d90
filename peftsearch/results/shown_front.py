"""The front of a result: its points, which a notebook shows as a table."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from peftsearch.records.front_points import FrontPoint
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import JobSpec

from .frames import frame_front
from .views import front_members

if TYPE_CHECKING:
    from pandas import DataFrame


class Front(tuple[FrontPoint, ...]):
    """Points in ascending cost: a tuple, with the trials that they stand on."""

    _trials: Sequence[Trial]
    _spec: JobSpec

    @classmethod
    def of(cls, points: Iterable[FrontPoint], trials: Sequence[Trial], spec: JobSpec) -> Self:
        """The front of a job.

        Args:
            trials: All of the job's.
        """
        front = cls(points)
        front._trials, front._spec = trials, spec
        return front

    def to_frame(self) -> "DataFrame":
        """A row for each point, by its number as `pick` takes it: the mean of each objective over
        its seeds, the sampling error of the quality (`standard_error`), its trials, and its
        configuration in words and as plain data."""
        return frame_front(front_members(self, self._trials), self._spec)

    def _repr_html_(self) -> str:
        from .html_result import show_table

        return show_table(front_members(self, self._trials), self._spec)
