"""What a database that lost rows needs before a job can go on in it."""

import contextlib
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.front import update_front
from peftsearch.storage.rows import add_values, read_configuration
from peftsearch.storage.schema import front_entries, jobs, measurements, trials

_FAULT = "trials that this job had completed were damaged in the database and wait to be trained"


@dataclass(frozen=True)
class Mended:
    """What was done to a job.

    Attributes:
        lost: How many trials were lost, at least: by gaps in their numbers, or by their ends.
        again: Numbers of completed trials whose scores were lost, which are queued again.
    """

    job: str
    lost: int
    again: tuple[int, ...]


def mend_job(connection: Connection, job_id: int, name: str, spec: JobSpec) -> Mended:
    """Queue again what lost its scores, and let the front be what the trials tell."""
    lost = _count_lost(connection, job_id)
    _count_costs(connection, job_id, spec)
    again = _queue_again(connection, job_id, {*spec.goals, *spec.measured})
    _raise_event(connection, job_id)
    _tell_front_again(connection, job_id, spec)
    if again:
        finished = jobs.c.id == job_id, jobs.c.state == JobState.FINISHED
        stopped = jobs.update().where(*finished).values(state=JobState.STOPPED, fault=_FAULT)
        connection.execute(stopped)
    return Mended(name, lost, again)


def _count_lost(connection: Connection, job_id: int) -> int:
    mine = trials.c.job_id == job_id
    counts = func.count(), func.count(trials.c.ended_event), func.max(trials.c.number)
    there, ended, last = connection.execute(select(*counts).where(mine)).one()
    events = connection.execute(select(jobs.c.event).where(jobs.c.id == job_id)).scalar_one()
    numbered = 0 if last is None else int(last) + 1
    return max(0, numbered - int(there), int(events) - int(ended))


def _queue_again(connection: Connection, job_id: int, needed: set[str]) -> tuple[int, ...]:
    completed = trials.c.job_id == job_id, trials.c.state == TrialState.COMPLETED
    rows = connection.execute(select(trials).where(*completed)).all()
    again = [x for x in rows if not needed <= _names(connection, x.id, x.fidelity)]
    kept = {x.name: None for x in trials.c if x.nullable and x.name != "claimed_at"}
    for row in again:
        back = trials.update().where(trials.c.id == row.id)
        connection.execute(back.values(kept | {"state": TrialState.QUEUED}))
    return tuple(sorted(x.number for x in again))


def _names(connection: Connection, trial_id: int, fidelity: float) -> set[str]:
    """Of what was measured of a trial."""
    mine = measurements.c.trial_id == trial_id, measurements.c.fidelity == fidelity
    return set(connection.scalars(select(measurements.c.name).where(*mine)))


def _count_costs(connection: Connection, job_id: int, spec: JobSpec) -> None:
    """The known costs of trials, where they were lost."""
    rows = connection.execute(select(trials).where(trials.c.job_id == job_id)).all()
    for row in rows:
        with contextlib.suppress(ValueError):  # of a trial that does not fit its job
            costs = spec.count_costs(read_configuration(row.number, row.configuration))
            known = _names(connection, row.id, row.fidelity)
            lost = {x: value for x, value in costs.items() if x not in known}
            add_values(connection, row.id, row.fidelity, lost)


def _raise_event(connection: Connection, job_id: int) -> None:
    """The job's event is at least that of its last trial."""
    last = select(func.max(trials.c.ended_event)).where(trials.c.job_id == job_id)
    event = connection.scalar(last)
    if event is not None:
        lower = jobs.c.id == job_id, jobs.c.event < event
        connection.execute(jobs.update().where(*lower).values(event=event))


def _tell_front_again(connection: Connection, job_id: int, spec: JobSpec) -> None:
    """Complete the trials once more, in the order of their events."""
    mine = trials.c.job_id == job_id
    done = mine, trials.c.state == TrialState.COMPLETED
    columns = trials.c.id, trials.c.key, trials.c.ended_event, trials.c.fidelity
    rows = connection.execute(select(*columns).where(*done).order_by(trials.c.ended_event)).all()
    connection.execute(front_entries.delete().where(front_entries.c.job_id == job_id))
    connection.execute(trials.update().where(*done).values(state=TrialState.QUEUED))
    for row in rows:
        ended = trials.update().where(trials.c.id == row.id)
        connection.execute(ended.values(state=TrialState.COMPLETED))
        if row.fidelity == 1.0:
            update_front(connection, job_id, spec, row.ended_event, row.key)
