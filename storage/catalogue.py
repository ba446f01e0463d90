"""Jobs: create, find, change."""

from sqlalchemy import Connection, func, select

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec

from .clock import now
from .identities import fresh_id
from .rows import get_job, get_trials, job_of
from .schema import jobs, trials


def create_job(connection: Connection, spec: JobSpec) -> Job:
    """A new running job without trials.

    Raises:
        sqlalchemy.exc.IntegrityError: The name exists.
    """
    statement = jobs.insert().values(
        name=spec.name,
        spec=spec.to_json(),
        state=JobState.RUNNING,
        event=0,
        created=now(),
        suggestion_token=0,
        **fresh_id(connection, jobs),
    )
    return job_of(connection.execute(statement.returning(jobs)).one())


def name_taken(name: str) -> UserError:
    """What to tell whoever creates a job with a name that exists."""
    return UserError(
        "a job name that this database does not have yet",
        repr(name),
        "choose another name, or resume that job",
    )


def find_job(connection: Connection, name: str) -> Job:
    """The job of that name.

    Raises:
        NotFoundError: There is none.
    """
    row = connection.execute(select(jobs).where(jobs.c.name == name)).one_or_none()
    if row is None:
        raise unknown_name(connection, name)
    return job_of(row)


def unknown_name(connection: Connection, name: str) -> NotFoundError:
    """What to tell whoever asks for a job that is not there."""
    names = connection.scalars(select(jobs.c.name).order_by(jobs.c.id.desc()).limit(8)).all()
    known = f"a job among {', '.join(names)}" if names else "a job, but there is none yet"
    return NotFoundError(known, repr(name), "see `peftsearch jobs`")


def list_jobs(connection: Connection) -> list[Job]:
    """All jobs, oldest first."""
    return [job_of(row) for row in connection.execute(select(jobs).order_by(jobs.c.id))]


def set_state(connection: Connection, job_id: int, state: JobState) -> None:
    """Start, finish or stop a job.

    Raises:
        NotFoundError: No job has that id.
    """
    get_job(connection, job_id, lock=True)
    connection.execute(jobs.update().where(jobs.c.id == job_id).values(state=state))


def change_budget(connection: Connection, job_id: int, spec: JobSpec) -> Job:
    """Store the spec with its new budget, and let the job run again.

    Raises:
        NotFoundError: No job has that id.
        UserError: The spec differs by more than its budget.
    """
    old = get_job(connection, job_id, lock=True).spec.to_json()
    new = spec.to_json()
    differing = {key for key in old | new if old.get(key) != new.get(key)} - {"budget"}
    if differing:
        raise UserError(
            f"the spec of job {old['name']!r} with just another budget",
            f"another {', '.join(sorted(differing))}",
            "give the changed search a name of its own",
        )
    changed = jobs.update().where(jobs.c.id == job_id).values(spec=new, state=JobState.RUNNING)
    return job_of(connection.execute(changed.returning(jobs)).one())


def list_trials(connection: Connection, job_id: int) -> list[Trial]:
    """The job's trials by number."""
    return get_trials(connection, trials.c.job_id == job_id)


def count_trials(connection: Connection, job_id: int) -> dict[TrialState, int]:
    """How many trials of the job are in each state."""
    query = select(trials.c.state, func.count()).where(trials.c.job_id == job_id)
    found = {state: n for state, n in connection.execute(query.group_by(trials.c.state))}
    return {state: found.get(state, 0) for state in TrialState}
