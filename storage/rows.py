"""From rows to records, and from objects to plain JSON."""

import json
import math
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select

from peftsearch.errors import NotFoundError, UserError
from peftsearch.message_text import printable, show
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration

from .clock import now
from .schema import jobs, measurements, trials
from .wholeness import check_whole

_TRIALS = select(trials, (trials.c.lease_until - now()).label("lease_left"))


def to_plain(content: Any) -> Any:
    """The same content as JSON reads it back.

    Raises:
        TypeError: It holds something that is no plain data.
        ValueError: It holds a number that is not finite.
    """
    return json.loads(json.dumps(content, allow_nan=False))


def to_text(message: str) -> str:
    """The message without what a database cannot store, NUL and lone surrogates, and without what
    a terminal would obey."""
    text = message.encode("utf-8", "backslashreplace").decode()
    return printable(text.replace("\0", "\\0"))


def job_of(row: Row[Any]) -> Job:
    """The record of a row of `jobs`."""
    known = (row.id, row.name, row.spec, row.state, row.event, row.created)
    return Job(*known, uid_of(row), row.fault)


def uid_of(row: Row[Any]) -> str:
    """The job's own id; where an older program drew none, the same one at each look."""
    found: str | None = row.uid
    return found or uuid.uuid5(uuid.NAMESPACE_OID, f"{row.id} {row.created!r}").hex


def get_job(connection: Connection, job_id: int, lock: bool = False) -> Job:
    """One job.

    Args:
        lock: Hold its row until the transaction ends; SQLite holds the whole database anyway.

    Raises:
        NotFoundError: No job has that id.
    """
    query = select(jobs).where(jobs.c.id == job_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown_id(connection, job_id)
    if lock:
        check_whole(connection)
    return job_of(row)


def hold_job(connection: Connection, job_id: int) -> None:
    """Keep the job from being deleted until the transaction ends, and from nothing else.

    Raises:
        NotFoundError: No job has that id.
    """
    job = select(jobs.c.id).where(jobs.c.id == job_id)
    held = job.with_for_update(read=True, key_share=True)
    if connection.execute(held).one_or_none() is None:
        raise unknown_id(connection, job_id)


def unknown_id(connection: Connection, job_id: int) -> NotFoundError:
    """What to tell whoever uses the id of a job that is not there."""
    check_whole(connection)
    return NotFoundError("a job of this database", f"id {job_id}", "see `peftsearch jobs`")


def get_trials(connection: Connection, condition: ColumnElement[bool]) -> list[Trial]:
    """The trials that meet `condition`, by number, with their measurements."""
    # Asked for an order, SQLite walks the whole job by number instead of sorting the few it wants.
    found = connection.execute(_TRIALS.where(condition))
    rows = sorted(found, key=lambda row: row.number)
    return _join_values(connection, rows, condition)


def get_ended(connection: Connection, job_id: int, event: int, limit: int) -> list[Trial]:
    """The first `limit` trials of the job that ended after `event`, in the order of their ends."""
    later = and_(trials.c.job_id == job_id, trials.c.ended_event > event)
    ordered = _TRIALS.where(later).order_by(trials.c.ended_event).limit(limit)
    rows = connection.execute(ordered).all()
    if not rows:
        return []
    return _join_values(connection, rows, later & (trials.c.ended_event <= rows[-1].ended_event))


def add_values(
    connection: Connection, trial_id: int, fidelity: float, values: Mapping[str, float]
) -> None:
    """Record measurements of one trial; a known cost that is measured again is replaced."""
    if not values:
        return
    connection.execute(
        measurements.delete().where(
            measurements.c.trial_id == trial_id,
            measurements.c.fidelity == fidelity,
            measurements.c.name.in_(list(values)),
        )
    )
    row = {"trial_id": trial_id, "fidelity": fidelity}
    connection.execute(
        measurements.insert(),
        [row | {"name": name, "value": float(value)} for name, value in values.items()],
    )


def check_finite(values: Mapping[str, float], of: str = "") -> None:
    """Refuse what no database can compare.

    Args:
        of: Whose measurements, for people; empty where they are a trial's.

    Raises:
        UserError: A value is infinite or not a number.
    """
    if wrong := [f"{name} {value}" for name, value in values.items() if not math.isfinite(value)]:
        raise UserError(
            f"finite measurements{of and ' of '}{of}",
            ", ".join(wrong),
            "scale the labels, or mend the package that measures it",
        )


def _join_values(
    connection: Connection, rows: Sequence[Row[Any]], condition: ColumnElement[bool]
) -> list[Trial]:
    values = _get_values(connection, condition)
    return [_trial_of(row, values[row.id]) for row in rows]


def _get_values(
    connection: Connection, condition: ColumnElement[bool]
) -> Mapping[int, dict[str, float]]:
    query = (
        select(measurements.c.trial_id, measurements.c.name, measurements.c.value)
        .join(trials, trials.c.id == measurements.c.trial_id)
        # The learning curve lies at smaller fidelities.
        .where(condition, measurements.c.fidelity == trials.c.fidelity)
        .order_by(measurements.c.name)
    )
    values: dict[int, dict[str, float]] = defaultdict(dict)
    for trial_id, name, value in connection.execute(query).all():
        values[trial_id][name] = value
    return values


def read_configuration(number: int, document: Any) -> Configuration:
    """That of the trial of a number.

    Raises:
        UserError: Somebody damaged it, or it names a technique that is not installed here.
    """
    try:
        return Configuration.from_json(document)
    except UserError as error:
        expected, hint = f"trial {number} with {error.expected}", "update peftsearch, or "
        raise damaged(expected, show(document), hint) from error


def _provenance_of(row: Row[Any]) -> Mapping[str, Any]:
    if not isinstance(row.provenance, Mapping):
        raise damaged(f"trial {row.number} with a provenance as JSON", show(row.provenance))
    return row.provenance


def _running_seconds(row: Row[Any]) -> float | None:
    if row.ended_at is None:
        return None
    try:
        return float(row.ended_at - row.claimed_at)
    except TypeError:
        got = f"{row.claimed_at!r} and {row.ended_at!r}"
        raise damaged(f"trial {row.number} with the times of its training", got) from None


def damaged(expected: str, got: str, hint: str = "") -> UserError:
    """What to tell of a record that peftsearch never wrote.

    Args:
        hint: What else may help, before what always does.
    """
    return UserError(expected, got, f"{hint}restore the database from a backup")


def _trial_of(row: Row[Any], values: Mapping[str, float]) -> Trial:
    return Trial(
        id=row.id,
        job_id=row.job_id,
        number=row.number,
        configuration=read_configuration(row.number, row.configuration),
        seed=row.seed,
        origin=row.origin,
        fidelity=row.fidelity,
        state=row.state,
        attempt=row.attempt,
        worker=row.worker,
        measurements=values,
        failure=row.failure,
        message=row.message,
        provenance=_provenance_of(row),
        adapter=row.adapter,
        adapter_sha256=row.adapter_sha256,
        running_seconds=_running_seconds(row),
        event=row.ended_event,
        claimed=row.claimed_at,
        ended=row.ended_at,
        lease_seconds=row.lease_left if row.state is TrialState.RUNNING else None,
    )
