"""What happens when a PostgreSQL connection breaks under an open store. Nothing is simulated."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.storage.connection import connect, parse_url
from peftsearch.storage.store import Store
from tests.cluster import Cluster
from tests.specs import make_spec

from .examples import EXPIRED, LEASE, claim, complete, insert, make_proposal

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A PostgreSQL database that no other test uses."""
    with _administer(cluster) as connection:
        connection.execute(text("CREATE DATABASE fragile"))
    yield cluster.url("fragile")
    with _administer(cluster) as connection:
        connection.execute(text("DROP DATABASE fragile WITH (FORCE)"))


@pytest.fixture
def own(url: str) -> Iterator[Store]:
    """A store over it."""
    with Store.open(url) as store:
        yield store


@pytest.fixture
def job(own: Store) -> Job:
    """A job with two queued trials."""
    job = own.create_job(make_spec())
    insert(own, job.id, [make_proposal(0), make_proposal(1)])
    return job


@contextmanager
def _administer(cluster: Cluster) -> Iterator[Connection]:
    engine = create_engine(
        cluster.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection


def _break_connections(cluster: Cluster, url: str) -> None:
    query = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
    )
    with _administer(cluster) as connection:
        assert connection.execute(query, {"name": make_url(url).database}).all()


def test_reads_and_writes_go_on_over_a_new_connection(
    cluster: Cluster, url: str, own: Store, job: Job
) -> None:
    _break_connections(cluster, url)
    assert own.find_job("job") == job
    _break_connections(cluster, url)
    trial = claim(own, job.id)
    assert (trial.number, trial.attempt) == (0, 1)
    _break_connections(cluster, url)
    assert complete(own, trial, 0.5, 1) == 1
    assert own.trials(job.id)[0].state is TrialState.COMPLETED


def test_a_database_that_stays_away_is_named_and_may_come_back(
    cluster: Cluster, url: str, own: Store, job: Job
) -> None:
    trial = claim(own, job.id)
    name = make_url(url).database
    with _administer(cluster) as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
    _break_connections(cluster, url)
    for _ in range(2):
        with pytest.raises(
            StoreUnavailable, match="not currently accepting connections"
        ) as caught:
            complete(own, trial, 0.5, 1)
        assert "\n" not in str(caught.value)
    with _administer(cluster) as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    assert complete(own, trial, 0.5, 1) == 1


def test_a_completion_is_not_repeated_when_its_commit_breaks(
    url: str, own: Store, job: Job
) -> None:
    trial = claim(own, job.id)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(BREAK_IN_COMMIT))
    with pytest.raises(StoreUnavailable):
        complete(own, trial, 0.5, 1)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        assert connection.execute(text("SELECT last_value FROM commits")).scalar_one() == 1
        connection.execute(text("DROP TRIGGER break_in_commit ON trials"))
    assert own.trials(job.id)[0].state is TrialState.RUNNING
    assert complete(own, trial, 0.5, 1) == 1


def test_what_may_be_repeated_is_repeated_once_when_its_commit_breaks(
    url: str, own: Store, job: Job
) -> None:
    trial = claim(own, job.id)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(BREAK_IN_COMMIT))
    with pytest.raises(StoreUnavailable):
        own.renew(trial.id, trial.attempt, LEASE)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        assert connection.execute(text("SELECT last_value FROM commits")).scalar_one() == 2


def test_a_requeue_waits_for_a_completion_that_began_before_it(
    cluster: Cluster, url: str, own: Store, job: Job
) -> None:
    trial = claim(own, job.id, seconds=EXPIRED)

    def requeue() -> list[int]:
        with Store.open(url) as other:
            return other.requeue_expired(job.id, max_attempts=1)

    completing = connect(parse_url(url)).execution_options(writes=True)
    with ThreadPoolExecutor(1) as pool, completing, completing.begin():
        completing.execute(text(f"UPDATE jobs SET event = event + 1 WHERE id = {job.id}"))
        requeued = pool.submit(requeue)
        _wait_for_lock(cluster, url)
        # Had the requeue locked the trial before the job, this would be a deadlock.
        values = {"accuracy": 0.5, "trainable_parameters": 1.0}
        Store(completing).complete(trial.id, trial.attempt, values, {}, None)
    assert requeued.result() == []
    assert own.trials(job.id)[0].state is TrialState.COMPLETED


def test_a_deletion_waits_for_what_is_hung_on_the_job_and_takes_it_too(
    cluster: Cluster, url: str, own: Store, job: Job
) -> None:
    trial = claim(own, job.id)
    giving_back = connect(parse_url(url)).execution_options(writes=True)
    with ThreadPoolExecutor(1) as pool, giving_back, giving_back.begin():
        Store(giving_back).give_back(trial.id, trial.attempt)
        deleted = pool.submit(own.delete_job, job.id)
        # Had the deletion not locked the trial first, it would miss the new lost attempt.
        _wait_for_lock(cluster, url)
    deleted.result()
    assert own.jobs() == []


def test_a_worker_that_registers_amid_a_deletion_is_told_that_the_job_is_gone(
    cluster: Cluster, url: str, own: Store, job: Job
) -> None:
    deleting = connect(parse_url(url)).execution_options(writes=True)
    with ThreadPoolExecutor(1) as pool, deleting, deleting.begin():
        Store(deleting).delete_job(job.id)
        registered = pool.submit(own.register_worker, job.id, "w", "host", 1, "cpu")
        _wait_for_lock(cluster, url)
    with pytest.raises(NotFoundError):
        registered.result()


def _wait_for_lock(cluster: Cluster, url: str) -> None:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND wait_event_type = 'Lock'"
    )
    with _administer(cluster) as connection:
        while connection.execute(query, {"name": make_url(url).database}).scalar() == 0:
            time.sleep(0.01)


BREAK_IN_COMMIT = """
CREATE SEQUENCE commits;
CREATE FUNCTION break_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('commits');
    PERFORM pg_terminate_backend(pg_backend_pid());
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER break_in_commit AFTER UPDATE ON trials
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break_connection();
"""
