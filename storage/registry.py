"""Live workers, and reports such as a confirmation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from peftsearch.spaces.errors import NotFoundError

from .clock import now
from .records import Worker
from .rows import to_plain
from .schema import reports, workers


def register_worker(
    connection: Connection, job_id: int, name: str, host: str, pid: int, device: str
) -> None:
    """Announce a worker; one of the same name is replaced."""
    connection.execute(workers.delete().where(workers.c.name == name))
    connection.execute(
        workers.insert().values(
            name=name, job_id=job_id, host=host, pid=pid, device=device, seen_at=now()
        )
    )


def heartbeat(connection: Connection, name: str) -> None:
    """Note that the worker lives.

    Raises:
        NotFoundError: It never registered.
    """
    beat = workers.update().where(workers.c.name == name).values(seen_at=now())
    if connection.execute(beat).rowcount == 0:
        raise NotFoundError("a registered worker", repr(name), "register it first")


def list_workers(connection: Connection, job_id: int) -> list[Worker]:
    """The job's workers by name, also those that fell silent."""
    silent = (now() - workers.c.seen_at).label("silent")
    query = select(workers, silent).where(workers.c.job_id == job_id).order_by(workers.c.name)
    return [
        # A machine's clock may be set back between a beat and this look.
        Worker(row.name, row.job_id, row.host, row.pid, row.device, max(0.0, row.silent))
        for row in connection.execute(query)
    ]


def save_report(
    connection: Connection, job_id: int, kind: str, content: Mapping[str, Any]
) -> None:
    """Keep a report beside the job; earlier ones of its kind stay.

    Raises:
        TypeError: The content is no plain data.
        ValueError: It holds a number that is not finite.
    """
    values = {"job_id": job_id, "kind": kind, "content": to_plain(content)}
    connection.execute(reports.insert().values(values | {"created": now()}))


def list_reports(connection: Connection, job_id: int, kind: str) -> list[dict[str, Any]]:
    """The job's reports of that kind, oldest first."""
    query = select(reports.c.content).where(reports.c.job_id == job_id, reports.c.kind == kind)
    return list(connection.scalars(query.order_by(reports.c.id)))
