"""An SQLite file that is deleted, moved or replaced under an open store."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from peftsearch.errors import StoreGone
from peftsearch.storage.store import Store
from tests.specs import make_spec


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


def test_a_database_in_memory_has_no_file_to_lose() -> None:
    with Store.open("sqlite://") as store:
        assert store.pulses() == []
