"""What workers that wait ask, twice a second each: one statement, answered from indices."""

from sqlalchemy import exists, func, select

from peftsearch.records.signs import Signs
from peftsearch.records.trial import TrialState

from .leases import OVERDUE
from .rows import uid_of, unknown_id
from .schema import jobs, preparations, trials
from .session import Session, read

_MINE = trials.c.job_id == jobs.c.id
_SIGNS = select(
    *(jobs.c.id, jobs.c.uid, jobs.c.created, jobs.c.state, jobs.c.event),
    jobs.c.suggestion_worker,
    select(func.max(trials.c.number)).where(_MINE).scalar_subquery().label("last"),
    exists().where(_MINE, trials.c.state == TrialState.QUEUED).label("queued"),
    exists().where(_MINE, OVERDUE).label("expired"),
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
            raise unknown_id(job_id)
        return Signs(
            uid=uid_of(row),
            state=row.state,
            event=row.event,
            proposer=row.suggestion_worker,
            trials=0 if row.last is None else row.last + 1,
            queued=bool(row.queued),
            expired=bool(row.expired),
            prepared=bool(row.prepared),
        )
