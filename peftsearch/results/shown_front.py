"""The front of a result: its points, which a notebook and `print` show as a table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from peftsearch.records.estimates import Estimate
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.jobspec.spec import JobSpec

from .frames import frame_front

if TYPE_CHECKING:
    from pandas import DataFrame


class Front(tuple[FrontPoint, ...]):
    """Points in ascending cost: a tuple, with all that is known of their configurations."""

    _members: Callable[[], Sequence[Estimate[Trial]]]
    _spec: JobSpec
    _notes: Mapping[int, TrialNote]

    @classmethod
    def of(
        cls,
        points: Iterable[FrontPoint],
        members: Callable[[], Sequence[Estimate[Trial]]],
        spec: JobSpec,
        notes: Mapping[int, TrialNote],
    ) -> Self:
        """The front of a job.

        Args:
            members: Gives the configurations, in the order of the points.
            notes: By the numbers of trials.
        """
        front = cls(points)
        front._members, front._spec, front._notes = members, spec, notes
        return front

    def to_frame(self) -> "DataFrame":
        """A row for each point, by its number as `pick` takes it: the mean of each objective over
        its seeds, the sampling error of the quality (`standard_error`), its trials and their
        names, and its configuration in words and as plain data."""
        return frame_front(self._members(), self._spec, self._notes)

    def __repr__(self) -> str:
        from .result_text import tell_front

        return tell_front(self._members(), self._spec, self._notes) if self else "an empty front"

    def _repr_html_(self) -> str:
        from .html_result import show_table

        return show_table(self._members(), self._spec, self._notes)
