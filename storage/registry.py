"""Live workers, and reports such as a confirmation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from peftsearch.errors import NotFoundError
from peftsearch.records.worker import Worker

from .clock import now
from .rows import hold_job, to_plain
from .schema import reports, workers


def register_worker(
    connection: Connection, job_id: int, name: str, host: str, pid: int, device: str
) -> None:
    """Announce a worker; one of the same name is replaced.

    Raises:
        NotFoundError: No job has that id.
    """
    hold_job(connection, job_id)
    connection.execute(workers.delete().where(workers.c.name == name))
    connection.execute(
        workers.insert().values(
            name=name, job_id=job_id, host=host, pid=pid, device=device, seen_at=now()
        )
    )


def heartbeat(
    connection: Connection, name: str, steps_done: int | None, steps_total: int | None
) -> None:
    """Note that the worker lives, and how far its trial is.

    Raises:
        NotFoundError: It never registered, or its job was deleted.
    """
    beat = workers.update().where(workers.c.name == name)
    seen = beat.values(seen_at=now(), steps_done=steps_done, steps_total=steps_total)
    if connection.execute(seen).rowcount == 0:
        raise NotFoundError("a registered worker", repr(name), "register it first")


def list_workers(connection: Connection, job_id: int | None = None) -> list[Worker]:
    """The workers of one job or of all, by job and name, also those that fell silent."""
    silent = (now() - workers.c.seen_at).label("silent")
    query = select(workers, silent).order_by(workers.c.job_id, workers.c.name)
    if job_id is not None:
        query = query.where(workers.c.job_id == job_id)
    return [_worker_of(row) for row in connection.execute(query)]


def _worker_of(row: Row[Any]) -> Worker:
    # A machine's clock may be set back between a beat and this look.
    silent = max(0.0, row.silent)
    steps = row.steps_done, row.steps_total
    return Worker(row.name, row.job_id, row.host, row.pid, row.device, silent, *steps)


def save_report(
    connection: Connection, job_id: int, kind: str, content: Mapping[str, Any]
) -> None:
    """Keep a report beside the job; earlier ones of its kind stay.

    Raises:
        NotFoundError: No job has that id.
        TypeError: The content is no plain data.
        ValueError: It holds a number that is not finite.
    """
    hold_job(connection, job_id)
    values = {"job_id": job_id, "kind": kind, "content": to_plain(content)}
    connection.execute(reports.insert().values(values | {"created": now()}))


def list_reports(connection: Connection, job_id: int, kind: str) -> list[dict[str, Any]]:
    """The job's reports of that kind, oldest first."""
    query = select(reports.c.content).where(reports.c.job_id == job_id, reports.c.kind == kind)
    return list(connection.scalars(query.order_by(reports.c.id)))
