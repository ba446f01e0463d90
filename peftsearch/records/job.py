"""A job, and what changes of it."""

from dataclasses import dataclass
from enum import StrEnum

from peftsearch.errors import Conflict
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


def name_taken(name: str) -> Conflict:
    """What to tell whoever makes a job with a name that another one has."""
    expected, hint = "a job name that this database does not have yet", "choose another name"
    return Conflict(expected, repr(name), f"{hint}, or resume that job", "name")
