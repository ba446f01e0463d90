"""Trackers that fail, hang and die beside a block that works, which loses nothing by it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.jobs.tracking import tracked
from peftsearch.records.job import Job, JobState
from peftsearch.spaces.jobspec.tracker_names import GROUP
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.recipes import install
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal
from tests.waiting import wait_until

MODULE = "strange_trackers_of_others"
KEY = "s3cret-of-a-server"
_SOURCE = """
import os, time
from pathlib import Path


class Plain:
    place = "here"

    def __init__(self, experiment):
        self.experiment = experiment
        self.file = Path(experiment.folder, "told.txt")

    def _tell(self, *words):
        with self.file.open("a") as file:
            print(*words, file=file)

    def marks(self):
        return {}

    def begin(self, run):
        self._tell("begin", run.name)

    def advance(self, run, share):
        self._tell("advance", run.name)

    def end(self, run):
        self._tell("end", run.name, run.mark)

    def close(self):
        self._tell("close")


class Failing(Plain):
    def begin(self, run):
        raise ConnectionError("no route to host, token " + os.environ["FAILING_API_KEY"])


class Leaving(Plain):
    def begin(self, run):
        os._exit(7)


class Hanging(Plain):
    def begin(self, run):
        self._tell("hangs")
        time.sleep(3600)


class Talking(Plain):
    def begin(self, run):
        print("x" * 200_000, flush=True)
        super().begin(run)
"""
_POINTS = {
    x.lower(): f"{MODULE}:{x}" for x in ("Plain", "Failing", "Leaving", "Hanging", "Talking")
}


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    return new_sqlite()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as store:
        yield store


@pytest.fixture
def job(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Of two trials, of which one is done; with the package of strange trackers."""
    install({"name": "strange", "version": "1.0", "entry-points": {GROUP: _POINTS}}, tmp_path)
    (tmp_path / f"{MODULE}.py").write_text(_SOURCE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("FAILING_API_KEY", KEY)
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(0), make_proposal(1)])
    complete(store, claim(store, job.id), 0.9, 100.0)
    return job


def _told(root: Path) -> list[str]:
    file = root / "told.txt"
    return file.read_text().splitlines() if file.exists() else []


def test_the_rest_is_told_at_the_end(store: Store, url: str, job: Job, tmp_path: Path) -> None:
    lines: list[str] = []
    with tracked(job, url, tmp_path, ["plain"], lines.append, 300.0) as untold:
        wait_until(lambda: "end trial 0 1 completed" in _told(tmp_path))
        complete(store, claim(store, job.id), 0.95, 200.0)
        store.set_state(job.id, JobState.FINISHED)
    assert untold == []
    assert lines == ["tracked to plain: here"]
    told = _told(tmp_path)
    assert told[-1] == "close"
    assert "end trial 0 1 completed front" in told
    assert told.count("end trial 1 1 completed front") == 1
    assert not store.all_at_work(job.id)


def test_one_that_fails_is_one_warning(url: str, job: Job, tmp_path: Path) -> None:
    lines: list[str] = []
    with tracked(job, url, tmp_path, ["failing"], lines.append, 300.0) as untold:
        wait_until(lambda: len(lines) > 1)
    assert untold == ["failing"]
    assert [line.partition(" (")[0] for line in lines] == [
        "tracked to failing: here",
        "failing was not told",
        "failing was not told all: `peftsearch track job --to failing` tells it the rest",
    ]
    assert "no route to host, token ***" in lines[1]
    assert KEY not in "".join(lines)


def test_one_that_ends_its_process_is_told_of(url: str, job: Job, tmp_path: Path) -> None:
    lines: list[str] = []
    with tracked(job, url, tmp_path, ["leaving"], lines.append, 300.0) as untold:
        pass
    assert untold == ["leaving"]
    assert lines[-1].startswith("leaving was not told all")


def test_one_that_hangs_is_left_behind(store: Store, url: str, job: Job, tmp_path: Path) -> None:
    lines: list[str] = []
    with tracked(job, url, tmp_path, ["hanging"], lines.append, 0.5) as untold:
        wait_until(lambda: "hangs" in _told(tmp_path))
        began = time.monotonic()
    assert time.monotonic() - began < 60  # of the hour that it sleeps
    assert untold == ["hanging"]


def test_what_a_client_prints_is_not_shown(url: str, job: Job, tmp_path: Path) -> None:
    lines: list[str] = []
    with tracked(job, url, tmp_path, ["talking"], lines.append, 300.0) as untold:
        pass
    assert (untold, lines) == ([], ["tracked to talking: here"])


def test_of_two_one_tells(url: str, job: Job, tmp_path: Path) -> None:
    first: list[str] = []
    second: list[str] = []
    with tracked(job, url, tmp_path, ["plain"], first.append, 300.0):
        wait_until(lambda: "end trial 0 1 completed" in _told(tmp_path))
        with tracked(job, url, tmp_path, ["plain"], second.append, 300.0) as untold:
            pass
        assert untold == []
        assert "plain is told by track in process" in second[0]
    assert _told(tmp_path).count("end trial 0 1 completed") == 1


def test_a_deleted_job_ends_it(store: Store, url: str, job: Job, tmp_path: Path) -> None:
    lines: list[str] = []
    store.delete_job(job.id)
    with tracked(job, url, tmp_path, ["plain"], lines.append, 300.0) as untold:
        pass
    assert (untold, lines) == ([], [])
