"""Jobs: create, find, change."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import IntegrityError

from peftsearch.errors import NotFoundError, UserError
from peftsearch.message_text import suggest
from peftsearch.records.job import Job, JobState, Pulse, name_taken
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.stored import document_of, rewritten

from .clock import now
from .identities import fresh_id
from .rows import get_job, job_of, to_text, uid_of
from .schema import jobs
from .session import Session, read, write, write_once
from .wholeness import check_whole

_CHANGEABLE = {"budget", "artefacts"}
"""Keys of a spec that have no part in what is trained."""
_DESCRIBED = ("head", "workload")
_PULSES = select(*(jobs.c[x] for x in ("id", "name", "state", "event", "created", "uid")))


class Catalogue(Session):
    """The jobs of a database."""

    @write_once
    def create_job(self, spec: JobSpec) -> Job:
        """A new running job without trials.

        Raises:
            Conflict: A job of that name exists.
        """
        check_whole(self._connection)
        statement = jobs.insert().values(
            name=spec.name,
            spec=document_of(spec),
            state=JobState.RUNNING,
            event=0,
            created=now(),
            suggestion_token=0,
            uid=uuid.uuid4().hex,
            **fresh_id(self._connection, jobs),
        )
        try:
            return job_of(self._connection.execute(statement.returning(jobs)).one())
        except IntegrityError as error:
            raise name_taken(spec.name) from error

    @read
    def find_job(self, name: str) -> Job:
        """The job of that name.

        Raises:
            NotFoundError: There is none.
        """
        query = select(jobs).where(jobs.c.name == name)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise _unknown_name(self._connection, name)
        return job_of(row)

    @read
    def job(self, job_id: int) -> Job:
        """The job of that id, which is never given to another.

        Raises:
            NotFoundError: It was deleted, or there never was one.
        """
        return get_job(self._connection, job_id)

    @read
    def jobs(self) -> list[Job]:
        """All jobs, oldest first."""
        return [job_of(row) for row in self._connection.execute(select(jobs).order_by(jobs.c.id))]

    @write
    def lock_job(self, job_id: int) -> Job:
        """The job as it is; nobody else changes it before the end of the transaction.

        Of use inside `together`, to decide by what was read.

        Raises:
            NotFoundError: No job has that id.
        """
        return get_job(self._connection, job_id, lock=True)

    @read
    def pulse(self, name: str) -> Pulse:
        """What changes of the job of that name; cheap, its spec is not parsed.

        Raises:
            NotFoundError: There is none.
        """
        row = self._connection.execute(_PULSES.where(jobs.c.name == name)).one_or_none()
        if row is None:
            raise _unknown_name(self._connection, name)
        return _pulse_of(row)

    @read
    def pulses(self) -> list[Pulse]:
        """What changes of each job, oldest first."""
        return [_pulse_of(row) for row in self._connection.execute(_PULSES.order_by(jobs.c.id))]

    @write
    def set_state(self, job_id: int, state: JobState, fault: str | None = None) -> None:
        """Start, finish or stop a job. Only a RUNNING job takes proposals or hands out trials.

        Args:
            fault: One line on what stopped it, where that was no person.

        Raises:
            NotFoundError: No job has that id.
        """
        self.lock_job(job_id)
        values = {"state": state, "fault": None if fault is None else to_text(fault)}
        self._connection.execute(jobs.update().where(jobs.c.id == job_id).values(values))

    @write
    def change_budget(self, job_id: int, spec: JobSpec) -> Job:
        """Replace the job's spec, of which only the budget and the place for adapters may differ,
        and let the job run.

        Raises:
            NotFoundError: No job has that id.
            UserError: The spec differs by more.
        """
        job = self.lock_job(job_id)
        stored = job.spec
        if stored.model.anatomy and spec.model.anatomy:  # it may be known since a moment
            spec = _described(spec, stored.anatomy)
        old, new = stored.to_json(), spec.to_json()
        differing = {key for key in old | new if old.get(key) != new.get(key)} - _CHANGEABLE
        if differing:
            raise UserError(
                f"the spec of job {old['name']!r} with just another budget",
                f"another {', '.join(sorted(differing))}",
                "give the changed search a name of its own",
            )
        document = rewritten(job.document, spec)
        return self._change(job_id, spec=document, state=JobState.RUNNING, fault=None)

    @write
    def move_model(self, job_id: int, path: str) -> Job:
        """Write down where a job's model is by now; whoever calls knows that it is the same.

        Raises:
            NotFoundError: No job has that id.
        """
        document = self.lock_job(job_id).document
        model = {**document["model"], "path": path}
        return self._change(job_id, spec={**document, "model": model})

    @write
    def describe(self, job_id: int, anatomy: Anatomy) -> Job:
        """Write into the job's anatomy what only data and model tell, its head and its workload,
        unless they stand there already.

        Args:
            anatomy: As a worker found it.

        Raises:
            NotFoundError: No job has that id.
        """
        job = self.lock_job(job_id)
        spec = _described(job.spec, anatomy)
        if spec == job.spec:
            return job
        return self._change(job_id, spec=rewritten(job.document, spec))

    def _change(self, job_id: int, **values: Any) -> Job:
        """Write columns of a job, and the job as it is then."""
        changed = jobs.update().where(jobs.c.id == job_id).values(values)
        return job_of(self._connection.execute(changed.returning(jobs)).one())


def _pulse_of(row: Row[Any]) -> Pulse:
    return Pulse(row.id, row.name, row.state, row.event, row.created, uid_of(row))


def _described(spec: JobSpec, known: Anatomy) -> JobSpec:
    """With what is known of another anatomy of the model, where it lacks that itself; of its
    encoder too."""
    found = {x: getattr(known, x) for x in _DESCRIBED if getattr(spec.anatomy, x) is None}
    encoder = spec.anatomy.encoder
    if encoder is not None and encoder.workload is None:
        found["encoder"] = known.encoder
    return spec.with_anatomy(spec.anatomy.model_copy(update=found))


def _unknown_name(connection: Connection, name: str) -> NotFoundError:
    check_whole(connection)
    names = connection.scalars(select(jobs.c.name).order_by(jobs.c.id.desc()).limit(8)).all()
    known = f"a job among {', '.join(names)}" if names else "a job, but there is none yet"
    return NotFoundError(known, repr(name), suggest(name, names, "see `peftsearch jobs`"))
