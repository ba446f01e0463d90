"""Who read which test data: a ledger that only grows, and that outlives the jobs."""

from sqlalchemy import select, text

from peftsearch.errors import Conflict
from peftsearch.records.reading import Reading

from .clock import now
from .rows import get_job
from .schema import readings
from .session import Session, read, write

_LOCK = text(f"LOCK TABLE {readings.name} IN SHARE ROW EXCLUSIVE MODE")


class Ledger(Session):
    """The readings of test splits."""

    @write
    def record_reading(
        self, job_id: int, data: str, subject: str, agreed: int | None = None
    ) -> Reading:
        """Enter a reading, unless the job has read the same subject of these data before.

        Args:
            data: SHA-256 of the rows and labels.
            subject: What is scored.
            agreed: The number that it must get, or have; None takes any.

        Returns:
            The entry, the earlier one where there is one.

        Raises:
            Conflict: It would have another number; nothing is entered.
            NotFoundError: No job has that id.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK)  # SQLite has one writer anyway
        job = get_job(self._connection, job_id)
        known = self._entries(data)
        for entry in known:
            if (entry.job_uid, entry.subject) == (job.uid, subject):
                _check_agreed(agreed, entry.number)
                return entry
        _check_agreed(agreed, len(known) + 1)
        values = {"data": data, "number": len(known) + 1, "job_uid": job.uid, "job": job.name}
        self._connection.execute(
            readings.insert().values(values | {"subject": subject, "created": now()})
        )
        return self._entries(data)[-1]

    @read
    def readings(self, data: str) -> list[Reading]:
        """All readings of these data, the first one first."""
        return self._entries(data)

    def _entries(self, data: str) -> list[Reading]:
        mine = select(readings).where(readings.c.data == data).order_by(readings.c.number)
        return [Reading(**row) for row in self._connection.execute(mine).mappings()]


def _check_agreed(agreed: int | None, number: int) -> None:
    if agreed not in (None, number):
        raise Conflict(
            f"reading {agreed} of these rows, as agreed",
            f"reading {number}, since others have read them or the front moved",
            "look at the forecast again; nothing was read",
        )
