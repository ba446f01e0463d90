"""What people see of a local worker pool."""

from dataclasses import dataclass
from typing import Literal

from peftsearch.records.job import JobState


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


@dataclass(frozen=True)
class LocalPool(PoolStatus):
    """A pool beside its job.

    Attributes:
        loading: Workers that still load the model and the data, and are not heard of yet.
    """

    loading: int


def pool_beside(state: JobState | None, pool: PoolStatus, heard: int) -> LocalPool:
    """A pool as people see it beside its job, which anybody may stop or let run again.

    Args:
        state: Of the job, None of one that was deleted. Where it does not run, the workers that
            are still there leave.
        heard: Live workers of the job.
    """
    leaves = pool.active and state is not JobState.RUNNING
    shown = "stopping" if leaves else pool.state
    loading = max(0, pool.workers - heard) if shown == "running" else 0
    return LocalPool(**vars(pool) | {"state": shown}, loading=loading)
