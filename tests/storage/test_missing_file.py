"""An SQLite file that is deleted, moved or replaced under an open store."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from peftsearch.errors import StoreGone
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.waiting import LIMIT

from .examples import claim, insert, make_proposal

OPEN = "import sys; from peftsearch.storage.store import Store; Store.open(sys.argv[1]).close()"
"""A program that opens a database and leaves it."""
LAUNCH = """
import sys
from peftsearch.storage.store import Store
from tests.specs import make_spec
with Store.open(sys.argv[1]) as store:
    store.create_job(make_spec("later"))
"""
"""One that leaves a job there."""
SEE = """
import sys
from peftsearch.storage.store import Store
with Store.open(sys.argv[1]) as store:
    print(*(x.name for x in store.jobs()))
"""
"""One that says which jobs are there."""


def _see(url: str) -> list[str]:
    """The jobs that another process sees."""
    asked = [sys.executable, "-c", SEE, url]
    seen = subprocess.run(asked, check=True, timeout=LIMIT, stdout=subprocess.PIPE, text=True)
    return seen.stdout.split()


def _replace(path: Path) -> None:
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize(
    "act",
    [Path.unlink, lambda path: path.rename(path.with_suffix(".old")), _replace],
    ids=["deleted", "moved", "replaced"],
)
def test_a_file_that_is_gone_is_told_by_the_next_call(
    tmp_path: Path, act: Callable[[Path], None]
) -> None:
    path = tmp_path / "search.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.create_job(make_spec())
        act(path)
        for call in (store.pulses, lambda: store.create_job(make_spec("b"))):
            with pytest.raises(StoreGone, match=r"search\.db was deleted, moved or replaced"):
                call()


def test_a_file_that_is_put_back_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a path that was relative to a folder which the process has left."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "search.db"
    with Store.open("sqlite:///search.db") as store:
        monkeypatch.chdir("/")
        store.create_job(make_spec())
        away = path.rename(tmp_path / "away.db")
        with pytest.raises(StoreGone):
            store.pulses()
        away.rename(path)
        assert len(store.pulses()) == 1


@pytest.mark.parametrize("names", [("-shm",), ("-wal",), ("-wal", "-shm")])
def test_a_log_that_is_gone_is_told_before_two_hold_one_trial(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Whoever opened the database without it saw a state of before, claimed the same trial, and
    one of two recorded results was gone without a word."""
    path = tmp_path / "search.db"
    with Store.open(f"sqlite:///{path}") as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0)])
        for name in names:
            path.with_name(f"{path.name}{name}").unlink()
        with pytest.raises(StoreGone, match=f"search.db{names[0]} was deleted") as caught:
            claim(store, job.id)
        assert "end all that works on it" in str(caught.value)
    assert _see(f"sqlite:///{path}") == [job.name]


def test_what_others_recorded_meanwhile_outlives_who_lost_the_index(tmp_path: Path) -> None:
    """Who lost it is the last to leave, and never looked."""
    path = tmp_path / "search.db"
    url = f"sqlite:///{path}"
    with Store.open(url) as store:
        job = store.create_job(make_spec())
        path.with_name("search.db-shm").unlink()
        subprocess.run([sys.executable, "-c", LAUNCH, url], check=True, timeout=LIMIT)
    with pytest.raises(StoreGone), Store.open(url) as store:
        store.jobs()  # of one process all have one index
    assert _see(url) == [job.name, "later"]


def test_a_log_stays_as_long_as_one_uses_it(tmp_path: Path) -> None:
    """However many others come and go."""
    url = f"sqlite:///{tmp_path}/search.db"
    with Store.open(url) as store:
        job = store.create_job(make_spec())
    with Store.open(url) as store:
        for number in range(3):
            with Store.open(url) as other:
                other.create_job(make_spec(f"b{number}"))
            subprocess.run([sys.executable, "-c", OPEN, url], check=True, timeout=LIMIT)
        assert len(store.jobs()) == 4 and store.job(job.id) == job


def test_a_database_in_memory_has_no_file_to_lose() -> None:
    with Store.open("sqlite://") as store:
        assert store.pulses() == []
