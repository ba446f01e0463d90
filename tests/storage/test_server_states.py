"""PostgreSQL servers that are set up, or stand, otherwise than a new one. Nothing is simulated."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from peftsearch.errors import StoreRefuses, StoreUnavailable
from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.storage import servers
from peftsearch.storage.connection import connect, parse_url
from peftsearch.storage.store import Store
from peftsearch.workers.processes.lease_times import LEASE_SECONDS
from tests.cluster import SETTINGS, Cluster, find_programs, run_cluster
from tests.specs import make_spec

from .examples import claim, insert, make_proposal

pytestmark = pytest.mark.postgres

Execute = Callable[[str], None]


@pytest.fixture
def execute(cluster: Cluster) -> Execute:
    """Does what a person who administers the server would."""
    engine = create_engine(
        cluster.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )

    def do(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement))

    return do


@pytest.fixture
def url(cluster: Cluster, execute: Execute) -> Iterator[str]:
    """A database that no other test uses."""
    execute("CREATE DATABASE strange")
    yield cluster.url("strange")
    execute("DROP DATABASE strange WITH (FORCE)")


def test_a_server_that_prints_fewer_digits_changes_no_number(url: str, execute: Execute) -> None:
    """As the one of PostgreSQL before 12 does, unless it is told otherwise. A claim is known by
    its moment: a rounded one was nobody's, and each finished training was refused."""
    execute("ALTER DATABASE strange SET extra_float_digits = 0")
    measured = {"accuracy": 0.1 + 0.2, "trainable_parameters": 8.0}
    with Store.open(url) as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0)])
        trial = claim(store, job.id)
        store.complete(trial.id, trial.attempt, measured, {}, None, claimed=trial.claimed)
        (ended,) = store.trials(job.id)
    assert ended.measurements["accuracy"] == measured["accuracy"]


def test_what_takes_longer_than_a_role_may_is_done(url: str, execute: Execute) -> None:
    """Each worker waited for ever, without a word, where all trials of a job took longer."""
    execute("ALTER DATABASE strange SET statement_timeout = '20ms'")
    execute("ALTER DATABASE strange SET lock_timeout = '20ms'")
    with connect(parse_url(url)) as connection:
        connection.execute(text("SELECT pg_sleep(0.1)"))
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "0"


def test_no_statement_is_kept_in_a_session(url: str) -> None:
    """A pooler gives each transaction another session (PgBouncer's transaction pooling), which
    knows no such statement, or another client's by the same name."""
    kept = text("SELECT count(*) FROM pg_prepared_statements")
    with connect(parse_url(url)) as connection:
        for _ in range(20):
            connection.execute(text("SELECT :one"), {"one": 1})
        assert connection.execute(kept).scalar_one() == 0


def test_a_server_whose_machine_is_gone_is_noticed(url: str) -> None:
    """No packet tells of it: a worker and its pool waited for an answer for two hours."""
    found = find_parameters(url)
    idle, pause, count = (int(found[f"keepalives_{x}"]) for x in ("idle", "interval", "count"))
    assert found["keepalives"] == "1"
    assert idle + count * pause <= int(found["tcp_user_timeout"]) / 1000 <= LEASE_SECONDS / 2
    assert find_parameters(f"{url}&keepalives_idle=99")["keepalives_idle"] == "99"


def test_a_server_gives_up_who_is_gone(url: str) -> None:
    """It kept what a network had cut for two hours, until it had no connection left to give."""
    query = "SELECT name FROM pg_settings WHERE name LIKE 'tcp_keepalives%' AND source = 'session'"
    with connect(parse_url(url)) as connection:
        found = set(connection.scalars(text(query)))
    assert found == {f"tcp_keepalives_{x}" for x in ("idle", "interval", "count")}


def test_nothing_is_written_into_a_database_that_is_being_restored(
    url: str, cluster: Cluster, tmp_path: Path
) -> None:
    """Rows come before keys, and jobs before trials: the job began anew beside its own trials."""
    measured = {"accuracy": 0.5, "trainable_parameters": 8}
    with Store.open(url) as store, Store.open(url) as other:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0)])
        trial = claim(store, job.id)
        token = store.take_suggestion_lease(job.id, "w", LEASE_SECONDS)
        assert token is not None
        server = ["-h", str(cluster.folder), "-U", "tester", "-d", "strange"]
        _call("pg_dump", "-Fc", "-f", str(tmp_path / "dump"), *server)
        store.rest()
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        for options in (["--section=pre-data"], ["--section=data", "--table=jobs"]):
            _call("pg_restore", *options, *server, str(tmp_path / "dump"))
            for act in (
                lambda: store.insert(job.id, token, [make_proposal(1)], [{}]),
                lambda: store.create_job(make_spec(name="other")),
                lambda: store.complete(trial.id, trial.attempt, measured, {}, None),
                lambda: store.heartbeat("w"),
                lambda: store.find_job("other"),
            ):
                with pytest.raises(StoreRefuses, match="without its key"):
                    act()
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("TRUNCATE jobs"))
        for section in ("--section=data", "--section=post-data"):
            _call("pg_restore", section, *server, str(tmp_path / "dump"))
        other.complete(trial.id, trial.attempt, measured, {}, None, claimed=trial.claimed)
        assert [x.state for x in other.trials(job.id)] == [TrialState.COMPLETED]


def _call(program: str, *arguments: str) -> None:
    programs = find_programs()
    assert programs is not None
    found = shutil.which(program) or str(programs / program)
    subprocess.run([found, *arguments], check=True, capture_output=True)


def find_parameters(url: str) -> dict[str, str]:
    """What a connection was made with."""
    with connect(parse_url(url)) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        return driver.info.get_parameters()  # type: ignore[no-any-return]


def test_what_is_recorded_outlives_a_crash_of_a_hasty_server() -> None:
    """It answered before its log was on the disk: whoever heard so removed the file of a result
    that was gone a moment later."""
    programs = find_programs()
    assert programs is not None
    hasty = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
    with run_cluster(programs, SETTINGS | hasty) as cluster:
        url = cluster.url("postgres")
        with Store.open(url) as store:
            job = store.create_job(make_spec())
            insert(store, job.id, [make_proposal(0)])
            trial = claim(store, job.id)
            held, measured = (
                (trial.id, trial.attempt),
                {"accuracy": 0.5, "trainable_parameters": 8},
            )
            store.complete(*held, measured, {}, None, claimed=trial.claimed)
            cluster.control("stop", "-m", "immediate")
            cluster.control("start")
            (ended,) = store.trials(job.id)
    assert ended.state is TrialState.COMPLETED


@pytest.mark.parametrize("asked, kept", [("off", "on"), ("local", "local"), ("on", "on")])
def test_a_server_that_is_asked_for_more_keeps_to_it(
    url: str, execute: Execute, asked: str, kept: str
) -> None:
    """Only what would lose a result is changed."""
    execute(f"ALTER DATABASE strange SET synchronous_commit = '{asked}'")
    with connect(parse_url(url)) as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == kept


def test_who_stands_still_in_a_transaction_keeps_nobody_waiting_for_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker that was stopped, or whose machine is gone: the server knew nothing of it, and
    all others waited at the job that it had locked."""
    hasty = servers._SESSION.replace(f"'{servers.STANDSTILL_SECONDS}s'", "'300ms'")
    monkeypatch.setattr(servers, "_SESSION", hasty)
    patient = f"{url}&options=-clock_timeout%3D20s"
    with Store.open(url) as still, Store.open(patient) as other:
        job = still.create_job(make_spec())
        insert(still, job.id, [make_proposal(0)])
        trial = claim(still, job.id)
        visits: list[int] = []

        def stand() -> None:
            still.lock_job(job.id)
            visits.append(0)
            if len(visits) == 1:
                measured = {"accuracy": 0.5, "trainable_parameters": 8}
                other.complete(trial.id, trial.attempt, measured, {}, None, claimed=trial.claimed)
            still.set_state(job.id, JobState.STOPPED)

        still.together(stand)
        assert [x.state for x in other.trials(job.id)] == [TrialState.COMPLETED]
        assert (len(visits), other.job(job.id).state) == (2, JobState.STOPPED)


STATES = {
    "a standby, or full": (
        "ALTER DATABASE strange SET default_transaction_read_only = on",
        "ALTER DATABASE strange RESET default_transaction_read_only",
    ),
    "without rights": (
        "ALTER DATABASE strange SET role = looker",
        "ALTER DATABASE strange RESET role",
    ),
    "being restored": (
        "ALTER DATABASE strange SET search_path = elsewhere",
        "ALTER DATABASE strange RESET search_path",
    ),
}
"""What keeps a server from taking what is written, and what ends it; new connections notice."""


@pytest.fixture
def looker(execute: Execute) -> Iterator[None]:
    """A role that may do nothing."""
    execute("CREATE ROLE looker")
    yield
    execute("DROP ROLE looker")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.usefixtures("looker")
def test_a_server_that_takes_nothing_is_waited_for(url: str, execute: Execute, state: str) -> None:
    """It was an error of a statement: the worker ended, and its finished training with it."""
    begin, end = STATES[state]
    measured = {"accuracy": 0.5, "trainable_parameters": 8.0}
    with Store.open(url) as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0)])
        trial = claim(store, job.id)
        held = trial.id, trial.attempt
        store.rest()
        execute(begin)
        try:
            for _ in range(2):
                with pytest.raises(StoreUnavailable) as caught:
                    store.complete(*held, measured, {}, None, claimed=trial.claimed)
                assert "\n" not in str(caught.value)
        finally:
            execute(end)
        assert store.complete(*held, measured, {}, None, claimed=trial.claimed) == 1
