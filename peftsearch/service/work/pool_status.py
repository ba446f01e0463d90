"""What people see of a local worker pool."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PoolStatus:
    """A pool as people see it.

    Attributes:
        state: `stopping` while its workers finish or give back their trials.
        message: Why it failed.
        started: Seconds since the epoch.
    """

    job: str
    workers: int
    device: str
    state: Literal["running", "ended", "failed", "stopping"]
    message: str | None
    started: float

    @property
    def active(self) -> bool:
        """Whether its process may still be there."""
        return self.state in ("running", "stopping")
