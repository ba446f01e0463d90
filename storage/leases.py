"""Claim, renew, give back and requeue: which worker trains which trial.

An attempt stays current until the trial is claimed again or ends. A lease that ran out only lets
others take the trial; its worker may still renew it or bring its result as long as none did.
"""

from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from peftsearch.records.job import JobState
from peftsearch.records.trial import FailureKind, Trial, TrialState

from .clock import now
from .completion import fail
from .rows import get_job, get_trials
from .schema import jobs, lost_attempts, trials


def claim(connection: Connection, job_id: int, worker: str, seconds: float) -> Trial | None:
    """The queued trial of the lowest number, now running; None if the job has none or rests."""
    running = select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING)
    queued = (
        select(trials.c.id)
        .where(trials.c.job_id.in_(running), trials.c.state == TrialState.QUEUED)
        .order_by(trials.c.number)
        .limit(1)
        .with_for_update(skip_locked=True, of=trials)
    )
    statement = trials.update().where(trials.c.id == queued.scalar_subquery())
    claimed = statement.values(
        state=TrialState.RUNNING,
        attempt=trials.c.attempt + 1,
        worker=worker,
        claimed_at=now(),
        lease_until=now() + seconds,
    )
    trial_id = connection.execute(claimed.returning(trials.c.id)).scalar()
    if trial_id is None:
        return None
    return get_trials(connection, trials.c.id == trial_id)[0]


def renew(connection: Connection, trial_id: int, attempt: int, seconds: float) -> bool:
    """Whether the attempt is still current; if so its lease lasts `seconds` from now.

    A trial that was requeued since its lease ran out is taken back, unless it was claimed already.
    One that its worker gave back is not.
    """
    mine = or_(
        trials.c.state == TrialState.RUNNING,
        and_(trials.c.state == TrialState.QUEUED, trials.c.worker.is_not(None)),
    )
    statement = trials.update().where(trials.c.id == trial_id, trials.c.attempt == attempt, mine)
    renewed = statement.values(state=TrialState.RUNNING, lease_until=now() + seconds)
    return connection.execute(renewed).rowcount == 1


def give_back(connection: Connection, trial_id: int, attempt: int) -> None:
    """Queue the running trial again; nothing happens if the attempt no longer runs."""
    running = and_(trials.c.state == TrialState.RUNNING, trials.c.attempt == attempt)
    held = select(trials).where(trials.c.id == trial_id, running).with_for_update()
    row = connection.execute(held).one_or_none()
    if row is None:
        return
    ended = now()
    _keep_lost(connection, row, ended)
    statement = trials.update().where(trials.c.id == trial_id)
    connection.execute(statement.values(state=TrialState.QUEUED, worker=None, lease_until=None))


def requeue_expired(connection: Connection, job_id: int, max_attempts: int) -> list[int]:
    """Numbers of the running trials whose lease ran out, now queued again.

    One that already had `max_attempts` fails as LOST_WORKER instead.
    """
    expired = and_(
        trials.c.job_id == job_id,
        trials.c.state == TrialState.RUNNING,
        trials.c.lease_until <= now(),
    )
    if connection.execute(select(trials.c.id).where(expired).limit(1)).first() is None:
        return []
    # Completions lock the job before its trials; taking them the other way round would deadlock.
    get_job(connection, job_id, lock=True)
    query = select(trials).where(expired).order_by(trials.c.number).with_for_update()
    requeued = []
    for row in connection.execute(query).all():
        if row.attempt >= max_attempts:
            _fail_lost(connection, row)
        else:
            _keep_lost(connection, row, row.lease_until)
            statement = trials.update().where(trials.c.id == row.id)
            connection.execute(statement.values(state=TrialState.QUEUED))
            requeued.append(row.number)
    return requeued


def _keep_lost(connection: Connection, row: Row[Any], ended_at: Any) -> None:
    values = {"trial_id": row.id, "attempt": row.attempt, "worker": row.worker}
    connection.execute(
        lost_attempts.insert().values(
            values | {"claimed_at": row.claimed_at, "ended_at": ended_at}
        )
    )


def _fail_lost(connection: Connection, row: Row[Any]) -> None:
    message = f"worker {row.worker} fell silent in attempt {row.attempt}, the last that is allowed"
    fail(connection, row.id, row.attempt, FailureKind.LOST_WORKER, message)
    # It ran until its lease ended, not until someone noticed.
    connection.execute(
        trials.update().where(trials.c.id == row.id).values(ended_at=row.lease_until)
    )
