"""What the store hands out: immutable records, passed by value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.jobspec import JobSpec


class TrialState(StrEnum):
    """Life cycle of a trial.

    ::

        QUEUED -> RUNNING -> COMPLETED
          ^         |   `--> FAILED
          `---------'  lease ran out, or the worker gave the trial back

    COMPLETED and FAILED are final. Each claim raises `attempt`; only the current attempt may end
    the trial, so that each trial is recorded exactly once.
    """

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class JobState(StrEnum):
    """A job is RUNNING until its budget is spent (FINISHED) or a person ends it (STOPPED)."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


class FailureKind(StrEnum):
    """Why a trial failed; none of them ends the job."""

    OUT_OF_MEMORY = "out_of_memory"
    NON_FINITE_LOSS = "non_finite_loss"
    TIMEOUT = "timeout"
    DATA = "data"
    LOST_WORKER = "lost_worker"
    BUG = "bug"


@dataclass(frozen=True)
class Proposal:
    """What search returns: a configuration to train with a seed.

    Attributes:
        origin: Who proposed it: probe, try, recipe, sobol, search, repeat, random, tpe or nsga2.
        fidelity: Share of the full training, 1.0 is all of it.
    """

    configuration: Configuration
    seed: int
    origin: str
    fidelity: float = 1.0


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
class Trial:
    """One proposal being evaluated.

    Attributes:
        number: Counts the job's trials from 0 in the order of proposal.
        measurements: Objective name to value; known costs from the start, the rest when completed.
        running_seconds: From the last claim to the end, on the database's clock; None until ended.
    """

    id: int
    job_id: int
    number: int
    configuration: Configuration
    seed: int
    origin: str
    fidelity: float
    state: TrialState
    attempt: int
    worker: str | None = None
    measurements: Mapping[str, float] = field(default_factory=dict)
    failure: FailureKind | None = None
    message: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    adapter: str | None = None
    running_seconds: float | None = None

    @property
    def key(self) -> str:
        """Canonical key of its configuration."""
        return self.configuration.key


@dataclass(frozen=True)
class FrontPoint:
    """One entry of a job's front.

    Attributes:
        values: Mean over the completed full-fidelity seeds, of each objective.
        trials: Numbers of those trials; their count is the number of seeds.
        entered: The job's event at which the key entered the front.
    """

    key: str
    configuration: Configuration
    values: Mapping[str, float]
    trials: tuple[int, ...]
    entered: int


@dataclass(frozen=True)
class Worker:
    """One worker process; `seconds_silent` is measured by the database's clock."""

    name: str
    job_id: int
    host: str
    pid: int
    device: str
    seconds_silent: float
