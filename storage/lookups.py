"""Narrow queries for whoever watches jobs: cheap at ten thousand trials, no spec parsed."""

from collections import defaultdict

from sqlalchemy import Connection, and_, func, or_, select, true

from peftsearch.errors import NotFoundError
from peftsearch.records.front_points import FrontEntry
from peftsearch.records.job import Pulse
from peftsearch.records.trial import Measurement, Trial, TrialState

from .catalogue import unknown_name
from .rows import get_trials
from .schema import front_entries, jobs, measurements, trials

_PULSES = select(jobs.c.id, jobs.c.name, jobs.c.state, jobs.c.event, jobs.c.created)


def list_pulses(connection: Connection) -> list[Pulse]:
    """Those of all jobs, oldest first."""
    return [Pulse(*row) for row in connection.execute(_PULSES.order_by(jobs.c.id))]


def find_pulse(connection: Connection, name: str) -> Pulse:
    """That of the job of that name.

    Raises:
        NotFoundError: There is none.
    """
    row = connection.execute(_PULSES.where(jobs.c.name == name)).one_or_none()
    if row is None:
        raise unknown_name(connection, name)
    return Pulse(*row)


def count_all(connection: Connection) -> dict[int, dict[TrialState, int]]:
    """By job id, how many trials are in each state; all jobs and all states are there."""
    query = (
        select(jobs.c.id, trials.c.state, func.count(trials.c.id))
        .outerjoin(trials, trials.c.job_id == jobs.c.id)
        .group_by(jobs.c.id, trials.c.state)
    )
    counts: dict[int, dict[TrialState, int]] = defaultdict(lambda: dict.fromkeys(TrialState, 0))
    for job_id, state, number in connection.execute(query):
        # A job without trials has one row, without a state.
        counts[job_id] |= {} if state is None else {state: number}
    return dict(counts)


def find_trial(connection: Connection, job_id: int, number: int) -> Trial:
    """The job's trial of that number.

    Raises:
        NotFoundError: There is none.
    """
    found = get_trials(connection, and_(trials.c.job_id == job_id, trials.c.number == number))
    if not found:
        count = select(func.count()).select_from(trials).where(trials.c.job_id == job_id)
        last = connection.execute(count).scalar_one() - 1
        known = f"a trial from 0 to {last}" if last >= 0 else "a trial, but there is none yet"
        raise NotFoundError(known, str(number), "see `peftsearch show`")
    return found[0]


def list_open(connection: Connection, job_id: int) -> list[Trial]:
    """The job's queued and running trials by number."""
    unfinished = trials.c.state.in_((TrialState.QUEUED, TrialState.RUNNING))
    return get_trials(connection, and_(trials.c.job_id == job_id, unfinished))


def list_changes(connection: Connection, job_id: int, event: int) -> list[FrontEntry]:
    """The entries of the job's front that came or went after `event`, in the order they came."""
    entered, left = front_entries.c.entered_event, front_entries.c.left_event
    changed = and_(front_entries.c.job_id == job_id, or_(entered > event, left > event))
    query = select(front_entries).where(changed).order_by(entered, front_entries.c.key)
    return [
        FrontEntry(row.key, row.means, tuple(row.trial_numbers), row.entered_event, row.left_event)
        for row in connection.execute(query)
    ]


def list_measurements(
    connection: Connection, job_id: int, numbers: range, name: str | None
) -> list[Measurement]:
    """Those of the trials of the given numbers, by trial, name and fidelity."""
    asked = and_(
        trials.c.job_id == job_id,
        trials.c.number >= numbers.start,
        trials.c.number < numbers.stop,
        true() if name is None else measurements.c.name == name,
    )
    query = (
        select(trials.c.number, measurements.c.name, measurements.c.fidelity, measurements.c.value)
        .join(measurements, measurements.c.trial_id == trials.c.id)
        .where(asked)
        .order_by(trials.c.number, measurements.c.name, measurements.c.fidelity)
    )
    return [Measurement(*row) for row in connection.execute(query)]


def next_number(connection: Connection, job_id: int) -> int:
    """That of the trial to come: trials are numbered from 0 without gaps."""
    last = select(func.max(trials.c.number)).where(trials.c.job_id == job_id)
    number = connection.execute(last).scalar()
    return 0 if number is None else int(number) + 1
