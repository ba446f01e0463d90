"""The end of a job and of all that hangs on it."""

from sqlalchemy import select

from .rows import unknown_id
from .schema import (
    front_entries,
    jobs,
    lost_attempts,
    measurements,
    preparations,
    reports,
    trial_notes,
    trials,
    workers,
)
from .session import Session, write_once


class Deletion(Session):
    """How a job goes."""

    @write_once
    def delete_job(self, job_id: int) -> None:
        """Delete a job with its trials, their notes, front, workers,
        reports and preparation.

        What its workers do afterwards is refused: they find neither job nor trial. The files of
        its adapters stay, and so do its readings of test data.

        Raises:
            NotFoundError: No job has that id.
        """
        self._lock(job_id)
        mine = select(trials.c.id).where(trials.c.job_id == job_id)
        for table in (measurements, lost_attempts, trial_notes):
            self._connection.execute(table.delete().where(table.c.trial_id.in_(mine)))
        for table in (trials, front_entries, workers, reports, preparations):
            self._connection.execute(table.delete().where(table.c.job_id == job_id))
        self._connection.execute(jobs.delete().where(jobs.c.id == job_id))

    def _lock(self, job_id: int) -> None:
        """Hold what others hang rows on; the job first, as completions do."""
        job = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()
        if self._connection.execute(job).one_or_none() is None:
            raise unknown_id(self._connection, job_id)
        # One that a worker gives back at this moment gets a lost attempt, which must go too.
        hers = select(trials.c.id).where(trials.c.job_id == job_id)
        self._connection.execute(hers.with_for_update())
