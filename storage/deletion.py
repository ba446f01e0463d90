"""The end of a job and of all that hangs on it."""

from sqlalchemy import Connection, select

from .rows import unknown_id
from .schema import (
    front_entries,
    jobs,
    lost_attempts,
    measurements,
    reports,
    trials,
    workers,
)


def delete_job(connection: Connection, job_id: int) -> None:
    """Delete the job, its trials and all of their records.

    Raises:
        NotFoundError: No job has that id.
    """
    _lock(connection, job_id)
    mine = select(trials.c.id).where(trials.c.job_id == job_id)
    for table in (measurements, lost_attempts):
        connection.execute(table.delete().where(table.c.trial_id.in_(mine)))
    for table in (trials, front_entries, workers, reports):
        connection.execute(table.delete().where(table.c.job_id == job_id))
    connection.execute(jobs.delete().where(jobs.c.id == job_id))


def _lock(connection: Connection, job_id: int) -> None:
    """Hold what others hang rows on; the job first, as completions do."""
    job = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()
    if connection.execute(job).one_or_none() is None:
        raise unknown_id(job_id)
    # One that a worker gives back at this moment gets a lost attempt, which must go too.
    connection.execute(select(trials.c.id).where(trials.c.job_id == job_id).with_for_update())
