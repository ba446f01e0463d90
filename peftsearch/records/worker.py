"""A worker process as the database knows it."""

from dataclasses import dataclass


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
