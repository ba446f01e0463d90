"""Names of trials and notes on them: the one thing of an ended trial that people may change.

They are no part of what a job found, so that they raise no event and change no key.
"""

from sqlalchemy import select

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.records.trial_note import TrialNote, check_name, check_text, find_named

from .clock import now
from .rows import get_job, to_text
from .schema import trial_notes, trials
from .session import Session, read, write

_NOTES = select(trials.c.number, trial_notes.c.name, trial_notes.c.text, trial_notes.c.changed)
_OF_TRIALS = _NOTES.join(trials, trials.c.id == trial_notes.c.trial_id).order_by(trials.c.number)


class TrialNotes(Session):
    """What people wrote on the trials of jobs."""

    @read
    def trial_notes(self, job_id: int) -> list[TrialNote]:
        """All names and notes of the job's trials, by number."""
        return self._notes(job_id)

    @write
    def write_note(
        self, job_id: int, number: int, name: str | None, text: str | None
    ) -> TrialNote:
        """Name a trial and write a note on it, in place of what it had.

        Args:
            name: None or blank for none.
            text: None or blank for none.

        Raises:
            Conflict: Another trial of the job has that name.
            NotFoundError: There is no such job or trial.
            UserError: The name or the note cannot be stored as it is.
        """
        get_job(self._connection, job_id, lock=True)  # else two might take one name
        one = select(trials.c.id).where(trials.c.job_id == job_id, trials.c.number == number)
        trial_id = self._connection.execute(one).scalar()
        if trial_id is None:
            raise NotFoundError("a trial of the job", f"{number}", "see `peftsearch show`")
        kept = check_name(name) if name and name.strip() else None
        said = to_text(check_text(text)) if text and text.strip() else None
        self._check_free(job_id, number, kept)
        mine = trial_notes.c.trial_id == trial_id
        self._connection.execute(trial_notes.delete().where(mine))
        if kept is None and said is None:
            return TrialNote(number, None, None, 0.0)
        row = {"trial_id": trial_id, "job_id": job_id, "name": kept, "text": said}
        self._connection.execute(trial_notes.insert().values(row | {"changed": now()}))
        return next(x for x in self._notes(job_id) if x.trial == number)

    def _check_free(self, job_id: int, number: int, name: str | None) -> None:
        taken = None if name is None else find_named(name, self._notes(job_id))
        if taken is not None and taken.trial != number:
            got = f"{taken.name!r}, which is trial {taken.trial}"
            raise Conflict("a name that no other trial of the job has", got, "choose another")

    def _notes(self, job_id: int) -> list[TrialNote]:
        mine = _OF_TRIALS.where(trial_notes.c.job_id == job_id)
        return [TrialNote(*row) for row in self._connection.execute(mine)]
