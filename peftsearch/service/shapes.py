"""What the routes of jobs and workers answer, as the OpenAPI document shows it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Unchangeable, read from records by attribute."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class PoolShape(Shape):
    """The local worker processes that the service started for a job.

    `stopping` is a pool whose workers finish their trials; `failed` one that ended by `message`.
    `started` is in seconds since the epoch.
    """

    job: str
    workers: int
    device: str
    state: Literal["running", "ended", "failed", "stopping"]
    message: str | None
    started: float


class Counts(Shape):
    """Trials by state."""

    queued: int
    running: int
    completed: int
    failed: int


class Budget(Shape):
    """Whichever comes first; null does not limit."""

    trials: int | None
    hours: float | None


class BestShape(Shape):
    """The front's point of the best quality: mean over its seeds, and its first trial."""

    value: float
    trial: int
    words: str


class JobSummary(Shape):
    """One row of the list of jobs.

    `event` counts the ends of trials; `created` is in seconds since the epoch; `left_seconds` is
    null while unknown and where no worker lives; `cost` is the objective that the front trades
    `quality` against.
    """

    name: str
    state: Literal["running", "finished", "stopped"]
    event: int
    created: float
    counts: Counts
    budget: Budget
    budget_text: str
    used_hours: float
    left_seconds: float | None
    quality: str
    maximise: bool
    cost: str
    kind: str
    model: str
    data: str
    best: BestShape | None
    live_workers: int
    pool: PoolShape | None


class JobDetail(JobSummary):
    """One job with its complete spec; `notes` is what the check of its data had to say."""

    spec: dict[str, Any]
    hypervolume: float
    notes: list[str]
    preset: str
    seed: int


class JobList(Shape):
    """A page of jobs, newest first; `total` counts all."""

    jobs: list[JobSummary]
    total: int


class HeldTrial(Shape):
    """The trial that a worker trains; `seconds` since its claim, `lease_seconds` left."""

    number: int
    attempt: int
    words: str
    steps_done: int | None
    steps_total: int | None
    seconds: float | None
    lease_seconds: float | None


class WorkerShape(Shape):
    """One worker process, of this machine or another."""

    name: str
    job: str
    host: str
    pid: int
    device: str
    seconds_silent: float
    live: bool
    trial: HeldTrial | None


class WorkerList(Shape):
    """Workers by name, and the pools of this service."""

    workers: list[WorkerShape]
    pools: list[PoolShape]


class Checked(Shape):
    """A spec without mistakes; `configurations` is the size of its space, after a full check."""

    ok: Literal[True]
    notes: list[str]
    configurations: int | None
