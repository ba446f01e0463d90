"""Contract: names and notes of trials are kept apart from what the job found."""

import pytest

from peftsearch.errors import Conflict, NotFoundError, UserError
from peftsearch.records.job import Job
from peftsearch.records.trial_note import LONGEST_TEXT
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal

from .threads import race


@pytest.fixture
def job(store: Store) -> Job:
    """Three trials, of which one has completed."""
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(index) for index in range(3)])
    complete(store, claim(store, job.id), 0.5, 10)
    return store.find_job(job.name)


def test_what_is_written_is_found_and_changes_nothing_else(store: Store, job: Job) -> None:
    trials, front = store.trials(job.id), store.front(job.id)
    assert store.trial_notes(job.id) == []
    written = store.write_note(job.id, 0, " small enough ", "the one in use\n  since May \n")
    assert (written.name, written.text) == ("small enough", "the one in use\n  since May")
    queued = store.write_note(job.id, 2, None, "to be watched")
    assert store.trial_notes(job.id) == [written, queued]
    assert (store.trials(job.id), store.front(job.id)) == (trials, front)
    assert store.find_job(job.name) == job


def test_a_note_is_replaced_and_taken_away(store: Store, job: Job) -> None:
    store.write_note(job.id, 0, "first", "a note")
    store.write_note(job.id, 0, "second", None)
    assert [(x.name, x.text) for x in store.trial_notes(job.id)] == [("second", None)]
    gone = store.write_note(job.id, 0, " ", "\n")
    assert (gone.name, gone.text) == (None, None)
    assert store.trial_notes(job.id) == []


def test_two_trials_of_a_job_never_share_a_name(store: Store, job: Job) -> None:
    store.write_note(job.id, 0, "Straße", None)
    with pytest.raises(Conflict, match="'Straße', which is trial 0"):
        store.write_note(job.id, 1, "STRASSE", None)
    assert store.write_note(job.id, 0, "strasse", None).name == "strasse"
    other = store.create_job(make_spec("other"))
    insert(store, other.id, [make_proposal(0)])
    assert store.write_note(other.id, 0, "strasse", None).name == "strasse"


def test_of_many_who_want_one_name_one_gets_it(store: Store, job: Job, database_url: str) -> None:
    def take(own: Store, index: int) -> bool:
        try:
            own.write_note(job.id, index % 3, f"{'wanted' if index % 2 else 'Wanted'}", None)
        except Conflict:
            return False
        return True

    assert any(race(database_url, take))
    assert len(store.trial_notes(job.id)) == 1


@pytest.mark.parametrize("name", ["<b>", "a\nb", "a  b", "-a", "x" * 65, "a\x1b[31m", "a\u202eb"])
def test_a_name_is_one_plain_word_or_some(store: Store, job: Job, name: str) -> None:
    with pytest.raises(UserError, match="expected a name of at most 64"):
        store.write_note(job.id, 0, name, None)
    assert store.trial_notes(job.id) == []


def test_hostile_text_is_kept_without_what_a_terminal_obeys(store: Store, job: Job) -> None:
    text = store.write_note(job.id, 0, None, "<script>\x1b[2J\0 a\u202eb\ud800 ").text
    assert text == "<script>\\x1b[2J\\0 ab\\ud800"
    with pytest.raises(UserError, match="at most 4,000 characters"):
        store.write_note(job.id, 0, None, "x" * (LONGEST_TEXT + 1))


def test_what_is_not_there_has_no_note(store: Store, job: Job) -> None:
    with pytest.raises(NotFoundError, match="got 7"):
        store.write_note(job.id, 7, "x", None)
    with pytest.raises(NotFoundError):
        store.write_note(job.id + 1, 0, "x", None)
