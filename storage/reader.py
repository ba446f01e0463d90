"""What a store answers. `Store` adds what changes the database, and says how both behave."""

from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection

from peftsearch.records.front_points import FrontEntry, FrontPoint
from peftsearch.records.job import Job, Pulse
from peftsearch.records.trial import Measurement, Trial, TrialState
from peftsearch.records.worker import Worker

from . import budget, catalogue, front, lookups, registry
from .opening import open_connection
from .rows import get_ended
from .transactions import read


class Reader:
    """The reading half of `Store`. Every method is one consistent moment of the database.

    Every method raises StoreUnavailable where the database does not answer.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and bring the schema to its newest revision.

        Args:
            url: `sqlite:///path.db` or `postgresql+psycopg://user@host/name`. A SQLite file is
                created where there is none; its folder is not.

        Raises:
            UserError: The database is down, unwritable, of a newer peftsearch or of another
                program, or the URL is wrong.
        """
        return cls(open_connection(url))

    def close(self) -> None:
        """Give up the connection; a closed store cannot be used again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def find_job(self, name: str) -> Job:
        """The job of that name.

        Raises:
            NotFoundError: There is none.
        """
        return read(self._connection, lambda c: catalogue.find_job(c, name))

    def jobs(self) -> list[Job]:
        """All jobs, oldest first."""
        return read(self._connection, catalogue.list_jobs)

    def pulse(self, name: str) -> Pulse:
        """What changes of the job of that name.

        Raises:
            NotFoundError: There is none.
        """
        return read(self._connection, lambda c: lookups.find_pulse(c, name))

    def pulses(self) -> list[Pulse]:
        """What changes of each job, oldest first."""
        return read(self._connection, lookups.list_pulses)

    def trials(self, job_id: int) -> list[Trial]:
        """The job's trials by number."""
        return read(self._connection, lambda c: catalogue.list_trials(c, job_id))

    def trial(self, job_id: int, number: int) -> Trial:
        """The job's trial of that number.

        Raises:
            NotFoundError: There is none.
        """
        return read(self._connection, lambda c: lookups.find_trial(c, job_id, number))

    def ended_since(self, job_id: int, event: int, limit: int = 1000) -> list[Trial]:
        """The job's trials that ended after `event`, in the order of their ends.

        Returns:
            The first `limit` of them; the event of the last one continues the list.
        """
        return read(self._connection, lambda c: get_ended(c, job_id, event, limit))

    def open_trials(self, job_id: int) -> list[Trial]:
        """The job's queued and running trials by number."""
        return read(self._connection, lambda c: lookups.list_open(c, job_id))

    def counts(self, job_id: int) -> dict[TrialState, int]:
        """How many of the job's trials are in each state; all states are there."""
        return read(self._connection, lambda c: catalogue.count_trials(c, job_id))

    def all_counts(self) -> dict[int, dict[TrialState, int]]:
        """`counts` of every job by its id."""
        return read(self._connection, lookups.count_all)

    def used_hours(self, job_id: int) -> float:
        """Hours in which at least one trial of the job ran, lost attempts included."""
        return read(self._connection, lambda c: budget.used_hours(c, job_id))

    def front(self, job_id: int, event: int | None = None) -> list[FrontPoint]:
        """The job's front in ascending cost, now or as it stood after an event.

        Raises:
            NotFoundError: No job has that id.
        """
        return read(self._connection, lambda c: front.read_front(c, job_id, event))

    def front_changes(self, job_id: int, event: int) -> list[FrontEntry]:
        """The entries of the job's front that entered or left after `event`.

        Returns:
            Ascending by the event at which they entered, then by key; from event 0 on it is the
            whole history.
        """
        return read(self._connection, lambda c: lookups.list_changes(c, job_id, event))

    def measurements(
        self, job_id: int, numbers: range, name: str | None = None
    ) -> list[Measurement]:
        """Those of some trials by trial, name and fidelity, learning curves included.

        Args:
            numbers: Of the trials; its step is taken as 1.
            name: Only those of that name.
        """
        return read(
            self._connection, lambda c: lookups.list_measurements(c, job_id, numbers, name)
        )

    def next_number(self, job_id: int) -> int:
        """How many trials the job has, which is the number of the next one."""
        return read(self._connection, lambda c: lookups.next_number(c, job_id))

    def workers(self, job_id: int) -> list[Worker]:
        """The job's workers by name, also those that fell silent."""
        return read(self._connection, lambda c: registry.list_workers(c, job_id))

    def all_workers(self) -> list[Worker]:
        """The workers of all jobs, also those that fell silent."""
        return read(self._connection, registry.list_workers)

    def reports(self, job_id: int, kind: str) -> list[dict[str, Any]]:
        """The job's reports of that kind, oldest first."""
        return read(self._connection, lambda c: registry.list_reports(c, job_id, kind))
