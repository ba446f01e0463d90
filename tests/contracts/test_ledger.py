"""Contract: a reading of test data is entered once, numbered, and outlives its job."""

import pytest

from peftsearch.errors import Conflict, NotFoundError
from peftsearch.storage.store import Store
from tests.specs import make_spec

from .threads import race

DATA, OTHER = "a" * 64, "b" * 64


def test_readings_are_numbered_by_the_data_and_not_by_the_job(store: Store) -> None:
    jobs = [store.create_job(make_spec(name)) for name in ("one", "two")]
    told = [
        store.record_reading(job.id, data, subject)
        for job, data, subject in (
            (jobs[0], DATA, "key"),
            (jobs[1], DATA, "key"),
            (jobs[0], OTHER, "key"),
            (jobs[0], DATA, "other key"),
        )
    ]
    assert [x.number for x in told] == [1, 2, 1, 3]
    assert store.readings(DATA) == [told[0], told[1], told[3]]
    assert [(x.job, x.job_uid) for x in told[:2]] == [(x.name, x.uid) for x in jobs]
    assert told[0].created <= told[1].created


def test_the_same_reading_again_is_no_other_one(store: Store) -> None:
    job = store.create_job(make_spec("one"))
    first = store.record_reading(job.id, DATA, "key")
    store.record_reading(job.id, DATA, "other key")
    assert store.record_reading(job.id, DATA, "key") == first
    assert len(store.readings(DATA)) == 2


def test_another_number_than_was_agreed_to_is_not_entered(store: Store) -> None:
    job = store.create_job(make_spec("one"))
    first = store.record_reading(job.id, DATA, "key", 1)
    for subject, agreed in (("other key", 1), ("other key", 3), ("key", 2)):
        with pytest.raises(Conflict, match="nothing was read"):
            store.record_reading(job.id, DATA, subject, agreed)
    assert store.readings(DATA) == [first] == [store.record_reading(job.id, DATA, "key", 1)]
    assert store.record_reading(job.id, DATA, "other key", 2).number == 2


def test_readings_outlive_their_job_and_a_namesake_is_another_reader(store: Store) -> None:
    job = store.create_job(make_spec("one"))
    first = store.record_reading(job.id, DATA, "key")
    store.delete_job(job.id)
    assert store.readings(DATA) == [first]
    with pytest.raises(NotFoundError):
        store.record_reading(job.id, DATA, "key")
    again = store.create_job(make_spec("one"))
    assert store.record_reading(again.id, DATA, "key").number == 2


def test_who_reads_at_once_gets_numbers_of_their_own(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec("one"))

    def enter(own: Store, index: int) -> int:
        return own.record_reading(job.id, DATA, f"key {index}").number

    assert sorted(race(database_url, enter)) == [1, 2, 3, 4]
