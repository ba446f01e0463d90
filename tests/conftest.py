"""Databases for tests: a SQLite file, and one on a PostgreSQL server that the session starts."""

import gc
import itertools
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from peftsearch.storage.schema import metadata
from peftsearch.storage.store import Store
from tests.cluster import Cluster, find_programs, run_cluster
from tests.long_first import put_first
from tests.warm_python import warm

# Tests run side by side: how long an example takes says nothing.
hypothesis.settings.register_profile("side by side", deadline=None)
hypothesis.settings.load_profile("side by side")

NewDatabase = Callable[[], str]
_numbers = itertools.count()


def pytest_configure() -> None:
    """Programs that a script starts in the background have Ctrl-C ignored, and so would all that
    the tests start. Nothing that is made while tests are collected is garbage."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After pytest's own order."""
    put_first(items)


def pytest_collection_finish() -> None:
    """The libraries stay, as in a worker: each trial begins with a garbage collection. So does the
    little that is garbage: to look for it takes 2 seconds of each process of tests."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's own token is none of the tests' business, nor theirs of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="module")
def warm_start() -> Iterator[None]:
    """Python programs that are started have the libraries loaded."""
    with warm():
        yield


@pytest.fixture
def warm_test() -> Iterator[None]:
    """The same for one test, where another of its module is about the start."""
    with warm():
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL server; skips without its programs, unless they are required."""
    programs = find_programs()
    if programs is None:
        reason = "the programs of a PostgreSQL server (initdb, postgres) are missing"
        if os.environ.get("PEFTSEARCH_REQUIRE_POSTGRES"):
            pytest.fail(f"{reason}, but PEFTSEARCH_REQUIRE_POSTGRES is set")
        pytest.skip(reason)
    with run_cluster(programs) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def new_schema(cluster: Cluster) -> NewDatabase:
    """Makes an empty schema, which a store takes for a database of its own; its URL.

    A real database would be hundreds of files, and take longer than most tests.
    """

    def create() -> str:
        name = f"schema{next(_numbers)}"
        _execute(cluster.url("postgres"), f"CREATE SCHEMA {name}")
        return f"{cluster.url('postgres')}&options=-csearch_path%3D{name}"

    return create


@pytest.fixture(scope="session")
def pool() -> list[str]:
    """URLs of migrated schemas that no test uses at the moment."""
    return []


@pytest.fixture
def new_postgres(new_schema: NewDatabase, pool: list[str]) -> Iterator[NewDatabase]:
    """Gives an empty database of the newest schema on each call; its URL."""
    taken = []

    def create() -> str:
        url = pool.pop() if pool else new_schema()
        Store.open(url).close()
        taken.append(url)
        return url

    yield create
    for url in taken:
        _execute(url, *(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables)))
        pool.append(url)


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Creates a fresh database file of the newest schema on each call; its URL."""
    folder = tmp_path_factory.mktemp("sqlite")
    template = folder / "template.sqlite"
    Store.open(f"sqlite:///{template}").close()

    def create() -> str:
        path = folder / f"test{next(_numbers)}.sqlite"
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    return create


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Each test that asks runs once for each kind of database."""
    name = "new_sqlite" if request.param == "sqlite" else "new_postgres"
    create: NewDatabase = request.getfixturevalue(name)
    return create


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """URL of a fresh database of the newest schema."""
    return new_database()


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> str:
    """URL of a database without any table."""
    if request.node.callspec.params["new_database"] == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    create: NewDatabase = request.getfixturevalue("new_schema")
    return create()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store over a fresh database."""
    with Store.open(database_url) as store:
        yield store


def _execute(url: str, *statements: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
