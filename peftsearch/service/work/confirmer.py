"""The confirmations of a service: foreseen, begun, followed, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.errors import Conflict, NotFoundError, UserError
from peftsearch.records.job import Job
from peftsearch.service.settings import Settings

from .asking import Asker, NoAnswer
from .children import child_environment
from .confirm_programs import PROGRAM, ConfirmProgram, add_progress
from .confirm_records import ConfirmRecord, confirm_folders
from .runs import Runs

AT_ONCE = 1
"""Each trains."""
SECONDS = 300.0
"""Of a forecast, which reads the data."""
COMMAND = "confirm"
"""As which its program is known to others that work on the job."""
_FORESEEN, _WAITING = 2, 4
_KINDS: Mapping[str, type[UserError]] = {"NotFoundError": NotFoundError, "Conflict": Conflict}


@dataclass(frozen=True)
class Asked:
    """A confirmation that is asked for.

    Attributes:
        pick: Null for the whole front.
        words: What is meant.
    """

    pick: str | None
    words: str
    seeds: int | None
    width: float | None
    by: str | None
    sweep: bool = False


class Confirmer(Runs[ConfirmRecord]):
    """The confirmations of one service; for all threads.

    Args:
        program: What foresees, and confirms.
    """

    def __init__(self, settings: Settings, program: Sequence[str] = PROGRAM) -> None:
        self._settings = settings
        again = "start it again: what it trained is kept, and it is the same reading"
        spawner, folders = ConfirmProgram(settings, program), confirm_folders(settings.root)
        super().__init__(folders, spawner, AT_ONCE, "confirmation", again)
        busy = "Too many forecasts are being made; try again in a while."
        self._asker = Asker(program, SECONDS, _FORESEEN, _WAITING, busy)

    def foresee(self, job: Job, asked: Asked) -> dict[str, Any]:
        """What a confirmation would take and read; waits for it.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many are being made.
            NotFoundError: The job was deleted, or nothing fits the pick.
            UserError: It cannot be made.
        """
        roots = self._settings.data_roots
        request = {**vars(asked), "job": job.name, "uid": job.uid}
        folder = roots[0] if roots else Path.cwd()
        try:
            found = self._asker.ask(request, folder, child_environment(self._settings))
        except NoAnswer as error:
            raise UserError("a forecast", error.got, error.hint) from error
        if "error" in found:
            raise UserError("a forecast", str(found["error"]), "mend it and try again")
        if told := found.get("mistake"):
            kind = _KINDS.get(found.get("kind", ""), UserError)
            raise kind(told["expected"], told["got"], told["hint"], told["where"])
        return found

    def start(self, job: Job, asked: Asked, device: str, reading: int) -> ConfirmRecord:
        """A new confirmation, or the same one where it runs.

        Args:
            reading: Number of the reading that a person agreed to.

        Raises:
            Conflict: The service ends, or its folder of files cannot be written.
        """
        wanted = vars(asked)
        with self.tasks.lock:
            for known in self.all(job):
                same = all(getattr(known, name) == value for name, value in wanted.items())
                if same and known.state == "running":
                    return known
            head = self.head(job)
            return self.begin(ConfirmRecord(**head, **wanted, reading=reading, device=device))

    def step(self, record: ConfirmRecord) -> str | None:
        """What one that runs does or waits for; None where it has not said."""
        return self._told(record).step or record.message

    def _listen(self, folder: Path, record: ConfirmRecord) -> ConfirmRecord:
        return add_progress(folder, record)

    def close(self) -> None:
        """End all confirmations and forecasts. May be called again."""
        self._asker.close()
        super().close()
