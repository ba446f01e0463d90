"""What is seen of workers that others start."""

from peftsearch.records.job import JobState
from peftsearch.storage.store import Store
from peftsearch.workers.engines import external
from peftsearch.workers.engines.external import Watch
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal


def look(watch: Watch) -> bool:
    """A second later."""
    watch.looked = float("-inf")
    return watch.poll()


def test_who_works_is_seen_with_what_it_holds(store: Store) -> None:
    watch = Watch(store, job := store.create_job(make_spec()))
    assert look(watch) and not watch.children
    assert watch.take_news()[0].startswith("no worker is there; `peftsearch worker job`")
    assert look(watch) and not watch.take_news()
    insert(store, job.id, [make_proposal(0)])
    store.register_worker(job.id, "w", "host", 1, "cpu")
    assert look(watch)
    (idle,) = watch.children
    assert (idle.trial, idle.number, idle.progress) == (None, -1, (None, None))
    trial = claim(store, job.id)
    assert trial.worker == "w"
    store.heartbeat("w", 3, 30)
    assert look(watch)
    (busy,) = watch.children
    assert (busy.trial, busy.number, busy.progress) == ((trial.id, 1), 0, (3, 30))
    store.unregister_worker("w")
    assert look(watch)
    assert len(watch.take_news()) == 1


def test_it_ends_with_its_job_and_has_nobody_to_end(store: Store) -> None:
    watch = Watch(store, job := store.create_job(make_spec()))
    store.register_worker(job.id, "w", "host", 1, "cpu")
    assert look(watch)
    watch.stop()
    watch.kill()
    assert not watch.living and len(store.workers(job.id)) == 1
    store.set_state(job.id, JobState.FINISHED)
    assert not look(watch) and not watch.children


def test_a_deleted_job_or_its_namesake_ends_it(store: Store) -> None:
    watch = Watch(store, job := store.create_job(make_spec()))
    assert look(watch)
    store.delete_job(job.id)
    assert not look(watch)
    store.create_job(job.spec)
    assert not look(watch)


def test_it_does_not_look_more_often_than_once_a_second(store: Store) -> None:
    watch = Watch(store, job := store.create_job(make_spec()))
    assert look(watch)
    store.set_state(job.id, JobState.FINISHED)
    assert external._LOOK_SECONDS >= 1 and watch.poll()
    assert not look(watch)
