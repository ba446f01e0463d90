"""What the store hands out: immutable records, passed by value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.jobspec import JobSpec

TRAINING_LOSS = "training_loss"
"""Name of the measurements that are a trial's learning curve."""


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
class Pulse:
    """All that changes of a job, without its spec: cheap enough to ask for every second."""

    id: int
    name: str
    state: JobState
    event: int
    created: float


@dataclass(frozen=True)
class Trial:
    """One proposal being evaluated. Times are of the database's clock.

    Attributes:
        number: Counts the job's trials from 0 in the order of proposal.
        measurements: Objective name to value; known costs from the start, the rest when completed.
        running_seconds: From the last claim to the end; None until ended.
        event: The job's event at its end; None until ended.
        claimed: When it was last claimed, in seconds since the epoch; None if it never was.
        ended: When it ended, in seconds since the epoch; None until then.
        lease_seconds: What was left of a running trial's lease when it was read, negative once it
            ran out; None unless it runs. Two readings of one trial are equal all the same.
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
    event: int | None = None
    claimed: float | None = None
    ended: float | None = None
    lease_seconds: float | None = field(default=None, compare=False)

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
class FrontEntry:
    """One stay of a key on a job's front.

    Attributes:
        values: Mean over the seeds in `trials`, of each objective.
        entered: The job's event at which it entered.
        left: The event at which it left; None while it stands. A key whose mean changes leaves
            and enters at one event.
    """

    key: str
    values: Mapping[str, float]
    trials: tuple[int, ...]
    entered: int
    left: int | None


@dataclass(frozen=True)
class Measurement:
    """One number of the trial with number `trial`, at one fidelity.

    At the trial's own fidelity it is an objective. `TRAINING_LOSS` at smaller ones is the learning
    curve: the mean loss of the training around that share of the full training.
    """

    trial: int
    name: str
    fidelity: float
    value: float


@dataclass(frozen=True)
class Worker:
    """One worker process.

    Attributes:
        seconds_silent: Since its last heartbeat, by the database's clock.
        steps_done: Steps of training and evaluation of the trial that it holds; None when idle.
        steps_total: Of that trial; None when idle.
    """

    name: str
    job_id: int
    host: str
    pid: int
    device: str
    seconds_silent: float
    steps_done: int | None = None
    steps_total: int | None = None
