"""A finished confirmation, of a pick or of a whole front: as lines and as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from peftsearch.records.preparation import Preparation
from peftsearch.results.standing.floor_words import floor_json, tell_apart, tell_floors
from peftsearch.results.standing.floors import sort_floors
from peftsearch.spaces.jobspec.spec import JobSpec

from .confirmation import Confirmation, lines
from .verdict import tell_end, tell_verdict

if TYPE_CHECKING:
    from .front_confirmation import FrontConfirmation


@dataclass(frozen=True, repr=False)
class Confirmed:
    """A confirmation of a job; printed, it is its table.

    Attributes:
        grouped: Lines of the groups of the test rows, where they were asked for.
        by: The same as plain data.
        calibrated: Lines of how far the probabilities of the kept adapter can be trusted.
    """

    confirmation: Confirmation
    spec: JobSpec
    preparation: Preparation | None = None
    grouped: Sequence[str] = ()
    by: Mapping[str, Any] = field(default_factory=dict)
    calibrated: Sequence[str] = ()

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    @property
    def verdict(self) -> str:
        """One plain sentence."""
        return tell_verdict(self.confirmation)

    @property
    def lines(self) -> Sequence[str]:
        """What people read of it, the verdict last."""
        found, spec = self.confirmation, self.spec
        floors = [f"  {x} (on the validation rows)" for x in tell_floors(self.preparation, spec)]
        return [
            *lines(found, spec),
            *floors,
            *(f"  {x}" for x in tell_apart(self.preparation, spec)),
            *self.grouped,
            *self.calibrated,
            *tell_end(found),
            self.verdict,
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        floors = [floor_json(x, self.spec) for x in sort_floors(self.preparation, self.spec)]
        sentence = tell_verdict(self.confirmation, ends=True)
        more = {"floors": floors, **self.by, "verdict": self.verdict, "sentence": sentence}
        return self.confirmation.to_json(self.spec) | more


@dataclass(frozen=True)
class ConfirmedFront:
    """A confirmation of the front of a job."""

    confirmation: "FrontConfirmation"
    spec: JobSpec

    @property
    def lines(self) -> list[str]:
        """What people read of it, the verdict last."""
        from .front_confirmation import front_lines, tell_front

        return [*front_lines(self.confirmation, self.spec), tell_front(self.confirmation)]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return self.confirmation.to_json(self.spec)
