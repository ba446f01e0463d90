"""What jobs found out before their first trials: written once, then only read."""

from sqlalchemy import Column, select

from peftsearch.records.preparation import Preparation

from .clock import now
from .rows import check_finite, get_job, to_plain
from .schema import preparations
from .session import Session, read, write


class Preparations(Session):
    """The preparations of jobs."""

    @read
    def preparation(self, job_id: int) -> Preparation | None:
        """What the job found out before its first trial; None before, and for jobs without.

        Raises:
            UserError: A newer peftsearch wrote what cannot be read here.
        """
        return self._read(job_id)

    @write
    def prepare(
        self, job_id: int, preparation: Preparation, tensors: bytes = b"", answers: bytes = b""
    ) -> Preparation:
        """Record what was found out, unless another worker has: the first one's stands for all.

        Args:
            tensors: The head that training starts from, as safetensors; empty without one.
            answers: What the best floor answered on the validation rows, likewise.

        Returns:
            What stands.

        Raises:
            NotFoundError: No job has that id.
            UserError: A number is not finite.
        """
        for floor in preparation.floors:
            check_finite(floor.measurements, f"the floor {floor.name}")
        # Locked, so that of two writers the second sees the first one's.
        get_job(self._connection, job_id, lock=True)
        if (standing := self._read(job_id)) is not None:
            return standing
        document = to_plain(preparation.to_json())
        kept = {"tensors": tensors, "answers": answers}
        values = {"job_id": job_id, "document": document, **kept}
        self._connection.execute(preparations.insert().values(values | {"created": now()}))
        return Preparation.from_json(document)

    @read
    def head_start(self, job_id: int) -> bytes:
        """The head that training starts from, as safetensors; empty where there is none."""
        return self._read_bytes(preparations.c.tensors, job_id)

    @read
    def floor_answers(self, job_id: int) -> bytes:
        """What the best floor answered on the validation rows, as safetensors; empty where there
        is none, and of jobs that were prepared before it was kept."""
        return self._read_bytes(preparations.c.answers, job_id)

    def _read_bytes(self, kept: Column[bytes], job_id: int) -> bytes:
        mine = select(kept).where(preparations.c.job_id == job_id)
        return self._connection.execute(mine).scalar() or b""

    def _read(self, job_id: int) -> Preparation | None:
        mine = select(preparations.c.document).where(preparations.c.job_id == job_id)
        document = self._connection.execute(mine).scalar()
        return None if document is None else Preparation.from_json(document)
