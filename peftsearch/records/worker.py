"""A worker process as the database knows it."""

from dataclasses import dataclass

AWAITING_STORE = (1, 0)
"""Steps, done and in total, of a trial whose worker waits for the store of its artefacts; what is
trained counts otherwise, and what is read as steps alone has no total."""


@dataclass(frozen=True)
class Worker:
    """One process at work on a job.

    Attributes:
        seconds_silent: Since its last heartbeat, by the database's clock.
        steps_done: Steps of training and evaluation of the trial that it holds, or
            `AWAITING_STORE`; None when idle.
        steps_total: Of that trial; None when idle.
        command: What it does beside the search, such as `confirm`; None of a worker of the search.
    """

    name: str
    job_id: int
    host: str
    pid: int
    device: str
    seconds_silent: float
    steps_done: int | None = None
    steps_total: int | None = None
    command: str | None = None
