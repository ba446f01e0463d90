"""What a worker that waits looks at to know whether it may be needed."""

from dataclasses import dataclass

from .job import JobState


@dataclass(frozen=True)
class Signs:
    """The marks of a job that change where a waiting worker may have something to do.

    Attributes:
        uid: The job's own id.
        event: How many trials have ended.
        proposer: Who holds the suggestion lease; None where nobody does, or where it ran out. Its
            token is no sign: who finds that nothing can be proposed has taken it too.
        trials: How many the job has.
        queued: How many of them wait for a worker.
        expired: How many run whose lease ran out.
        prepared: Whether the job's preparation stands.
    """

    uid: str
    state: JobState
    event: int
    proposer: str | None
    trials: int
    queued: int
    expired: int
    prepared: bool

    def concerns_all(self, before: "Signs") -> bool:
        """Whether something came since that each worker is to see: an end, a preparation."""
        then = before.uid, before.state, before.prepared
        return (self.uid, self.state, self.prepared) != then

    def count_wanted(self, before: "Signs", worker: str, late: bool) -> int:
        """How many of those that wait have something to do.

        Args:
            before: What the worker of that name saw when it last found nothing to do.
            late: Whether no trial may start, for the budget of hours is used up.

        Returns:
            As many as there are trials to take. Of none one is enough to propose or to finish the
            job, where something changed and nobody proposes.
        """
        if calls := self.count_calls(late):
            return calls
        return int(self.proposer in (None, worker) and self != before)

    def count_calls(self, late: bool) -> int:
        """How many trials there are to take; see `count_wanted`."""
        return self.expired + (0 if late else self.queued)
