"""Who works on a job, as a view of it sees them: processes of a pool, or the caller's own."""

from collections.abc import Sequence
from typing import Protocol


class Member(Protocol):
    """One worker."""

    @property
    def loaded(self) -> bool:
        """Whether it has begun to work."""

    @property
    def trial(self) -> tuple[int, int] | None:
        """Id and attempt of the trial it holds."""

    @property
    def number(self) -> int:
        """Of the trial it holds; negative where it holds none."""

    @property
    def batches(self) -> tuple[int, int]:
        """Steps of what it does, done and in total; 0 where that is not known."""

    @property
    def progress(self) -> tuple[int | None, int | None]:
        """Steps of its trial; None while it holds none or prepares it."""


class Crew(Protocol):
    """All workers of this machine."""

    @property
    def children(self) -> Sequence[Member]:
        """Those that are left."""


class CrewView(Protocol):
    """Shows a crew at work."""

    def update(self, crew: Crew) -> None:
        """Called often; shows what is new, about once a second."""
