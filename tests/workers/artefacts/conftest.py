"""Places of each kind that a job's URL may name."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from peftsearch.storage.store import Store
from peftsearch.workers.artefacts import keeping
from peftsearch.workers.artefacts.places import Place
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.s3_server import serve_bucket
from tests.workers.runners import open_runner

from .lives import Machine


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """The URL of a bucket of a real server that speaks S3, in this process."""
    with serve_bucket() as url:
        yield url


@pytest.fixture(params=["file", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A URL that nothing lies below yet."""
    name = uuid.uuid4().hex
    if request.param == "s3":
        yield f"{request.getfixturevalue('bucket')}/{name}"
        return
    place = Place(f"file://{tmp_path}/a place" if request.param == "file" else f"memory://{name}")
    yield place.url
    if request.param == "memory":
        place.remove()


class Away(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """Files that cannot be written for as many times as `left` says."""

    protocol = "away"
    left = 0

    def put_file(self, *arguments: Any, **named: Any) -> None:
        if Away.left > 0:
            Away.left -= 1
            raise ConnectionError("the network is down")
        super().put_file(*arguments, **named)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> type[Away]:
    """What holds `away://`, in whose class it is said for how long nothing can be written."""
    fsspec.register_implementation("away", Away, clobber=True)
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(Away, "left", 0)
    return Away


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """Of a small job."""
    return open_runner(tmp_path_factory.mktemp("job"), folders["bert"], epochs=1)


@pytest.fixture
def machine(new_sqlite: NewDatabase, runner: TrialRunner, tmp_path: Path) -> Iterator[Machine]:
    """One that no job has worked on."""
    with Store.open(new_sqlite()) as store:
        yield Machine(store, runner, tmp_path / "files")
