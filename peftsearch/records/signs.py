"""What a worker that waits looks at to know whether it may be needed."""

from dataclasses import dataclass

from .job import JobState


@dataclass(frozen=True)
class Signs:
    """The marks of a job that change where a waiting worker may have something to do.

    Attributes:
        uid: The job's own id.
        event: How many trials have ended.
        proposer: Who holds the suggestion lease; None where nobody does. Its token is no sign: who
            finds that nothing can be proposed has taken it too.
        trials: How many the job has.
        queued: Whether one waits for a worker.
        expired: Whether one runs whose lease ran out.
        prepared: Whether the job's preparation stands.
    """

    uid: str
    state: JobState
    event: int
    proposer: str | None
    trials: int
    queued: bool
    expired: bool
    prepared: bool

    @property
    def calls(self) -> bool:
        """Whether a trial waits for whoever comes."""
        return self.queued or self.expired
