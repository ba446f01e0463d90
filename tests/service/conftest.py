"""A site with a token, one without, and callers."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.conftest import NewDatabase

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
