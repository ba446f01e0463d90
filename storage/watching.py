"""What workers that wait ask, twice a second each: one statement, answered from indices."""

from sqlalchemy import case, exists, func, null, select

from peftsearch.records.signs import Signs
from peftsearch.records.trial import TrialState

from .clock import has_run_out, now
from .leases import OVERDUE
from .rows import uid_of, unknown_id
from .schema import jobs, preparations, trials, workers
from .session import Session, read

_MINE = trials.c.job_id == jobs.c.id
_COUNT = select(func.count()).select_from(trials)
_PROPOSER = case((has_run_out(jobs.c.suggestion_until), null()), else_=jobs.c.suggestion_worker)
_SIGNS = select(
    *(jobs.c.id, jobs.c.uid, jobs.c.created, jobs.c.state, jobs.c.event),
    _PROPOSER.label("proposer"),
    select(func.max(trials.c.number)).where(_MINE).scalar_subquery().label("last"),
    _COUNT.where(_MINE, trials.c.state == TrialState.QUEUED).scalar_subquery().label("queued"),
    _COUNT.where(_MINE, OVERDUE).scalar_subquery().label("expired"),
    exists().where(preparations.c.job_id == jobs.c.id).label("prepared"),
)


class Watching(Session):
    """The question of those that wait."""

    @read
    def signs(self, job_id: int) -> Signs:
        """Whether there may be something to do; as cheap at fifty thousand trials as at none.

        Raises:
            NotFoundError: No job has that id.
        """
        row = self._connection.execute(_SIGNS.where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise unknown_id(self._connection, job_id)
        return Signs(
            uid=uid_of(row),
            state=row.state,
            event=row.event,
            proposer=row.proposer,
            trials=0 if row.last is None else row.last + 1,
            queued=row.queued,
            expired=row.expired,
            prepared=bool(row.prepared),
        )

    @read
    def count_waiting(self, job_id: int, seconds: float) -> int:
        """How many workers of the job's search were heard of within so many seconds, hold no trial
        and do not propose."""
        mine = workers.c.job_id == job_id, workers.c.command.is_(None)
        heard = func.abs(now() - workers.c.seen_at) < seconds
        held = trials.c.job_id == job_id, trials.c.state == TrialState.RUNNING
        trains = select(trials.c.worker).where(*held, trials.c.worker.is_not(None))
        proposes = select(_PROPOSER).where(jobs.c.id == job_id, _PROPOSER.is_not(None))
        idle = workers.c.name.not_in(trains), workers.c.name.not_in(proposes)
        asked = select(func.count()).select_from(workers).where(*mine, heard, *idle)
        return self._connection.execute(asked).scalar_one()
