"""Claim, renew, give back and requeue: which worker trains which trial.

An attempt stays current until the trial is claimed again or ends. A lease that ran out only lets
others take the trial; its worker may still renew it or bring its result as long as none did.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from peftsearch.message_text import plural
from peftsearch.records.job import JobState
from peftsearch.records.trial import FailureKind, Trial, TrialState

from .clock import has_run_out, now
from .completion import Completion
from .rows import get_job, get_trials
from .schema import jobs, lost_attempts, trials
from .session import write

OVERDUE = and_(trials.c.state == TrialState.RUNNING, has_run_out(trials.c.lease_until))
"""Of trials that run and whose lease ran out."""


class Leases(Completion):
    """The hands that trials go through."""

    @write
    def claim(self, job_id: int, worker: str, seconds: float) -> Trial | None:
        """Take the queued trial of the lowest number and raise its attempt.

        Args:
            seconds: Length of the lease; renew it before it runs out.

        Returns:
            The trial, now RUNNING; None if none is queued or the job is not RUNNING.
        """
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
        trial_id = self._connection.execute(claimed.returning(trials.c.id)).scalar()
        if trial_id is None:
            return None
        return get_trials(self._connection, trials.c.id == trial_id)[0]

    @write
    def renew(
        self, trial_id: int, attempt: int, seconds: float, worker: str | None = None
    ) -> bool:
        """Whether the attempt is still current; if so its lease lasts `seconds` from now.

        A trial that was requeued after its lease ran out is taken back if nobody claimed it; one
        that its worker gave back is not. The attempt then was none that fell silent.

        Args:
            worker: Who claimed it; in a restored database the same attempt of the same id may be
                another's. None asks for the attempt alone.
        """
        mine = or_(
            trials.c.state == TrialState.RUNNING,
            and_(trials.c.state == TrialState.QUEUED, trials.c.worker.is_not(None)),
        )
        asked = trials.c.id == trial_id, trials.c.attempt == attempt, _is_of(worker)
        current = trials.update().where(*asked, mine)
        renewed = current.values(state=TrialState.RUNNING, lease_until=now() + seconds)
        if self._connection.execute(renewed).rowcount != 1:
            return False
        taken_back = lost_attempts.c.trial_id == trial_id, lost_attempts.c.attempt == attempt
        self._connection.execute(lost_attempts.delete().where(*taken_back))
        return True

    @write
    def give_back(self, trial_id: int, attempt: int, worker: str | None = None) -> None:
        """Queue a running trial again; nothing happens if the attempt no longer runs.

        It is no attempt in which a worker fell silent, of which a trial has few.

        Args:
            worker: As of `renew`.
        """
        running = and_(trials.c.state == TrialState.RUNNING, trials.c.attempt == attempt)
        mine = trials.c.id == trial_id, running, _is_of(worker)
        held = select(trials).where(*mine).with_for_update()
        row = self._connection.execute(held).one_or_none()
        if row is None:
            return
        _keep_lost(self._connection, row, None, now())
        freed = {"state": TrialState.QUEUED, "worker": None, "lease_until": None}
        self._connection.execute(trials.update().where(trials.c.id == trial_id).values(freed))

    @write
    def requeue_expired(
        self, job_id: int, max_attempts: int = 3, trial_id: int | None = None
    ) -> list[int]:
        """Queue the running trials whose lease ran out; their numbers.

        One whose workers fell silent `max_attempts` times fails as LOST_WORKER instead and is not
        returned; attempts that were given back do not count.

        Args:
            trial_id: Of one trial, where the others are left alone.
        """
        one = true() if trial_id is None else trials.c.id == trial_id
        expired = and_(trials.c.job_id == job_id, OVERDUE, one)
        if self._connection.execute(select(trials.c.id).where(expired).limit(1)).first() is None:
            return []
        # Completions lock the job before its trials; the other way round would deadlock.
        get_job(self._connection, job_id, lock=True)
        query = select(trials).where(expired).order_by(trials.c.number).with_for_update()
        requeued = []
        for row in self._connection.execute(query).all():
            lost = [*self._silent(row), row.worker]
            if len(lost) >= max_attempts:
                self._fail_lost(row, lost)
                continue
            _keep_lost(self._connection, row, row.worker, row.lease_until)
            back = trials.update().where(trials.c.id == row.id)
            self._connection.execute(back.values(state=TrialState.QUEUED))
            requeued.append(row.number)
        return requeued

    def _silent(self, row: Row[Any]) -> list[str]:
        """Whoever fell silent in attempts before, in their order; of those that were given back
        none is named."""
        lost = lost_attempts.c
        before = lost.trial_id == row.id, lost.worker.is_not(None), lost.attempt < row.attempt
        query = select(lost.attempt, func.max(lost.worker)).where(*before).group_by(lost.attempt)
        return [name for _, name in self._connection.execute(query.order_by(lost.attempt))]

    def _fail_lost(self, row: Row[Any], lost: list[str]) -> None:
        names = f"{plural(len(lost), 'worker')} died or fell silent in it, {', '.join(lost)}"
        message = f"{names}; a process that takes more memory than there is ends so"
        self.fail(row.id, row.attempt, FailureKind.LOST_WORKER, message)
        # It ran until its lease ended, not until someone noticed.
        ended = trials.update().where(trials.c.id == row.id)
        self._connection.execute(ended.values(ended_at=row.lease_until))


def _is_of(worker: str | None) -> ColumnElement[bool]:
    return true() if worker is None else trials.c.worker == worker


def _keep_lost(connection: Connection, row: Row[Any], silent: str | None, ended_at: Any) -> None:
    values = {"trial_id": row.id, "attempt": row.attempt, "worker": silent}
    connection.execute(
        lost_attempts.insert().values(
            values | {"claimed_at": row.claimed_at, "ended_at": ended_at}
        )
    )
