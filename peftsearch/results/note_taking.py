"""People name trials and write notes on them."""

from collections.abc import Mapping

from peftsearch.records.job import Job
from peftsearch.records.trial_note import TrialNote, by_trial
from peftsearch.storage.store import Store

from .by_now import by_now
from .trial_names import check_pickable, find_number


def take_note(
    store: Store, job_id: int, trial: int | str, name: str | None = None, text: str | None = None
) -> TrialNote:
    """Name a trial, or write a note on it.

    Args:
        trial: Its number, or what it is called.
        name: None leaves it as it is, an empty one takes it away.
        text: As `name`.

    Returns:
        What it has now.

    Raises:
        Conflict: Another trial of the job has that name.
        NotFoundError: There is no such trial.
        UserError: The name means something else where one picks, or cannot be stored.
    """
    if name and name.strip():
        check_pickable(name)

    def change() -> TrialNote:
        notes = store.trial_notes(job_id)
        number = find_number(trial, notes)
        old = next((x for x in notes if x.trial == number), TrialNote(number, None, None, 0.0))
        kept = old.name if name is None else name
        return store.write_note(job_id, number, kept, old.text if text is None else text)

    return store.together(change)


def read_notes(
    storage: str | None, job: Job, known: Mapping[int, TrialNote]
) -> Mapping[int, TrialNote]:
    """What people have written on a job's trials by now; `known` where the database does not tell
    or has the job no more."""
    return by_now(storage, job, lambda store: by_trial(store.trial_notes(job.id)), known)
