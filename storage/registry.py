"""Who works on jobs, and reports such as a confirmation."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select

from peftsearch.errors import NotFoundError
from peftsearch.records.worker import Worker

from .clock import now
from .rows import hold_job, to_plain
from .schema import jobs, reports, workers
from .session import Session, read, write, write_once
from .wholeness import check_whole

_WORKERS = select(workers, (now() - workers.c.seen_at).label("silent")).order_by(
    workers.c.job_id, workers.c.name
)
_SEARCHING = _WORKERS.where(workers.c.command.is_(None))


class Registry(Session):
    """Who works, and what was reported."""

    @write
    def register_worker(
        self,
        job_id: int,
        name: str,
        host: str,
        pid: int,
        device: str,
        command: str | None = None,
    ) -> None:
        """Announce a worker; one of the same name is replaced.

        Args:
            command: What it does, if it takes no part in the search.

        Raises:
            NotFoundError: No job has that id.
        """
        hold_job(self._connection, job_id)
        self._connection.execute(workers.delete().where(workers.c.name == name))
        values = {"name": name, "job_id": job_id, "host": host, "pid": pid, "device": device}
        added = {"command": command, "seen_at": now()}
        self._connection.execute(workers.insert().values(values | added))

    @write
    def heartbeat(
        self, name: str, steps_done: int | None = None, steps_total: int | None = None
    ) -> None:
        """Note that the worker lives, and how far the trial is that it holds; None if it rests.

        Raises:
            NotFoundError: It never registered, or its job was deleted.
        """
        beat = workers.update().where(workers.c.name == name)
        seen = beat.values(seen_at=now(), steps_done=steps_done, steps_total=steps_total)
        if self._connection.execute(seen).rowcount == 0:
            check_whole(self._connection)
            raise NotFoundError("a registered worker", repr(name), "register it first")

    @write
    def unregister_worker(self, name: str) -> None:
        """A worker has ended, and holds no suggestion lease any more; nothing happens if it is not
        known."""
        held = jobs.update().where(jobs.c.suggestion_worker == name)
        self._connection.execute(held.values(suggestion_worker=None, suggestion_until=None))
        self._connection.execute(workers.delete().where(workers.c.name == name))

    @read
    def workers(self, job_id: int) -> list[Worker]:
        """The workers of the job's search by name, also those that fell silent."""
        mine = _SEARCHING.where(workers.c.job_id == job_id)
        return [_worker_of(row) for row in self._connection.execute(mine)]

    @read
    def all_at_work(self, job_id: int) -> list[Worker]:
        """Whatever works on the job, its search or a command, by name; also what fell silent."""
        mine = _WORKERS.where(workers.c.job_id == job_id)
        return [_worker_of(row) for row in self._connection.execute(mine)]

    @read
    def all_workers(self) -> list[Worker]:
        """The workers of all searches, by job and name, also those that fell silent."""
        return [_worker_of(row) for row in self._connection.execute(_SEARCHING)]

    @read
    def all_commands(self) -> list[Worker]:
        """Whatever works on any job beside its search, by job and name; also what fell silent."""
        beside = _WORKERS.where(workers.c.command.is_not(None))
        return [_worker_of(row) for row in self._connection.execute(beside)]

    @write_once
    def save_report(self, job_id: int, kind: str, content: Mapping[str, Any]) -> None:
        """Keep a report beside the job; earlier ones of its kind stay.

        Raises:
            NotFoundError: No job has that id.
            TypeError: The content is no plain data.
            ValueError: It holds a number that is not finite.
        """
        hold_job(self._connection, job_id)
        values = {"job_id": job_id, "kind": kind, "content": to_plain(content)}
        self._connection.execute(reports.insert().values(values | {"created": now()}))

    @read
    def reports(self, job_id: int, kind: str) -> list[dict[str, Any]]:
        """The job's reports of that kind, oldest first."""
        mine = select(reports.c.content).where(reports.c.job_id == job_id, reports.c.kind == kind)
        return list(self._connection.scalars(mine.order_by(reports.c.id)))

    @read
    def all_reports(self, kind: str) -> dict[int, list[dict[str, Any]]]:
        """`reports` of all jobs that have one of that kind, by the job's id."""
        # Named with its jobs, the kind is found by the index of both.
        mine = reports.c.job_id.in_(select(jobs.c.id)), reports.c.kind == kind
        query = select(reports.c.job_id, reports.c.content).where(*mine).order_by(reports.c.id)
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for job_id, content in self._connection.execute(query):
            found[job_id].append(content)
        return dict(found)


def _worker_of(row: Row[Any]) -> Worker:
    # A clock that was set back since leaves beats of the future, of the living and of the dead.
    silent = abs(row.silent)
    steps = row.steps_done, row.steps_total
    told = row.name, row.job_id, row.host, row.pid, row.device
    return Worker(*told, silent, *steps, row.command)
