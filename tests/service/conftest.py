"""A site with a token, one without, callers, and a database with a job to work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .films import add_films
from .sites import TOKEN, client_of, open_site


@pytest.fixture
def locked(new_sqlite: NewDatabase) -> FastAPI:
    """A site with a token."""
    return open_site(new_sqlite(), TOKEN)


@pytest.fixture
def client(locked: FastAPI) -> Iterator[TestClient]:
    """A caller who has shown nothing yet."""
    with client_of(locked) as client:
        yield client


@pytest.fixture
def free(new_sqlite: NewDatabase) -> Iterator[TestClient]:
    """A caller of a loopback site without a token."""
    with client_of(open_site(new_sqlite())) as client:
        yield client


@pytest.fixture
def database(new_sqlite: NewDatabase) -> str:
    """A database with the job `films`."""
    url = new_sqlite()
    with Store.open(url) as store:
        add_films(store)
    return url


@pytest.fixture
def root(database: str) -> Path:
    """The service's folder of files."""
    return Path(database.removeprefix("sqlite:///")).with_suffix(".files")
