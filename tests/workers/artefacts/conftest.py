"""Places of each kind that a job's URL may name."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from peftsearch.storage.store import Store
from peftsearch.workers.artefacts import keeping, signs_of_life
from peftsearch.workers.artefacts.places import Place
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.s3_server import serve_bucket
from tests.waiting import LIMIT
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


class Slow(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """Files that are on their way until `heard` is set."""

    protocol = "slow"
    asked, heard = threading.Event(), threading.Event()
    silent = 0

    @classmethod
    def beat(cls, done: int) -> None:
        """Of the worker: only what it tells while a file is on its way is heard."""
        if cls.asked.is_set():
            cls.heard.set()

    def _wait(self) -> None:
        Slow.asked.set()
        Slow.silent += not Slow.heard.wait(LIMIT)
        Slow.asked.clear()
        Slow.heard.clear()

    def put_file(self, *arguments: Any, **named: Any) -> None:
        self._wait()
        super().put_file(*arguments, **named)

    def get_file(self, *arguments: Any, **named: Any) -> None:
        self._wait()
        super().get_file(*arguments, **named)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    """What holds `slow://`, and counts the files of which its worker said nothing."""
    fsspec.register_implementation("slow", Slow, clobber=True)
    monkeypatch.setattr(signs_of_life, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(Slow, "silent", 0)
    return Slow


class Short(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """Files of which the end, or all, is lost for as many times as `left` says, without a word."""

    protocol = "short"
    left = 0
    whole = False

    def put_file(self, *arguments: Any, **named: Any) -> None:
        super().put_file(*arguments, **named)
        if Short.left > 0:
            Short.left -= 1
            if Short.whole:
                self.rm(arguments[1])
            else:
                self.pipe_file(arguments[1], self.cat_file(arguments[1])[:-1])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> type[Short]:
    """What holds `short://`; its class says for how long it loses files or their ends."""
    fsspec.register_implementation("short", Short, clobber=True)
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(Short, "left", 0)
    monkeypatch.setattr(Short, "whole", False)
    return Short


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """Of a small job."""
    return open_runner(tmp_path_factory.mktemp("job"), folders["bert"], epochs=1)


@pytest.fixture
def machine(new_sqlite: NewDatabase, runner: TrialRunner, tmp_path: Path) -> Iterator[Machine]:
    """One that no job has worked on."""
    with Store.open(new_sqlite()) as store:
        yield Machine(store, runner, tmp_path / "files")
