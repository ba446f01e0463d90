"""A job, and what changes of it."""

from dataclasses import dataclass
from enum import StrEnum

from peftsearch.spaces.jobspec.spec import JobSpec


class JobState(StrEnum):
    """A job is RUNNING until its budget is spent (FINISHED) or a person ends it (STOPPED)."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Job:
    """One search. `event` counts the changes of its results; `spec` is complete with anatomy."""

    id: int
    name: str
    spec: JobSpec
    state: JobState
    event: int
    created: float


@dataclass(frozen=True)
class Pulse:
    """All that changes of a job, without its spec: cheap enough to ask for every second."""

    id: int
    name: str
    state: JobState
    event: int
    created: float
