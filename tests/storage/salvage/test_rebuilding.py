"""What can be read of a damaged file is saved, and nothing else is made of it."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.records.trial import Trial, TrialState
from peftsearch.storage.migrations import HEAD, VERSION_TABLE
from peftsearch.storage.salvage.rebuilding import salvage
from peftsearch.storage.store import Store
from tests.contracts.fronts import read_front, recompute_front
from tests.storage.examples import damage

from .examples import PAGE, TRIALS, dump, fill, overwrite

ASSETS = Path(__file__).parents[1] / "assets"
OLD_FILES = sorted(ASSETS.glob("revision_*.sqlite"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database that nothing is wrong with."""
    path = tmp_path / "jobs.db"
    fill(path)
    return path


def _read(path: Path) -> list[Trial]:
    """Trials of the one job; its front is as they tell it."""
    with Store.open(f"sqlite:///{path}") as store:
        found = store.jobs()
        if not found:
            return []
        trials = store.trials(found[0].id)
        done = [x for x in trials if x.state is TrialState.COMPLETED]
        assert read_front(store, found[0].id) == recompute_front(done)
        return trials


def test_of_a_whole_file_all_is_saved(source: Path, tmp_path: Path) -> None:
    before = source.read_bytes()
    found = salvage(source, tmp_path / "new.db")
    assert found.whole and found.jobs == []
    assert dump(tmp_path / "new.db") == dump(source)
    assert source.read_bytes() == before


@pytest.mark.parametrize("path", OLD_FILES, ids=lambda path: path.stem)
def test_of_an_old_schema_all_is_saved(path: Path, tmp_path: Path) -> None:
    expected = json.loads((ASSETS / "expected.json").read_text())
    found = salvage(path, tmp_path / "new.db")
    assert found.whole
    with Store.open(f"sqlite:///{tmp_path / 'new.db'}") as store:
        job = store.find_job("asset")
        assert job.event == expected["event"]
        assert [x.state.value for x in store.trials(job.id)] == expected["states"]
        assert [dict(x.values) for x in store.front(job.id)] == expected["front"]
        assert store.reports(job.id, "confirm") == expected["reports"]


def test_what_stands_in_the_log_alone_is_saved(source: Path, tmp_path: Path) -> None:
    """As after a crash: a program that ends writes it into the file."""
    copy = tmp_path / "copy.db"
    with Store.open(f"sqlite:///{source}") as store:
        job = store.jobs()[0]
        store.write_note(job.id, 4, "of the log", None)
        for name in ("", "-wal"):
            shutil.copy(f"{source}{name}", f"{copy}{name}")
    assert b"of the log" not in copy.read_bytes()
    assert salvage(copy, tmp_path / "new.db").whole
    assert dump(tmp_path / "new.db") == dump(source)


@pytest.mark.parametrize("times", [1, 1000])
def test_a_file_that_is_written_meanwhile_is_saved_as_of_one_moment(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """What was in the log goes into the file, and other things into the log, between the two."""
    read, left = Path.read_bytes, [times]
    with closing(sqlite3.connect(source, isolation_level=None)) as worker:
        worker.execute("UPDATE jobs SET fault = 'in the log'")

        def slow(path: Path) -> bytes:
            found = read(path)
            if path == source and left[0]:
                left[0] -= 1
                worker.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                worker.execute("UPDATE trials SET message = ?", (f"later {left[0]}",))
            return found

        monkeypatch.setattr(Path, "read_bytes", slow)
        target = tmp_path / "new.db"
        if times > 1:
            with pytest.raises(UserError, match="end what works on it"):
                salvage(source, target)
            assert not target.exists()
        else:
            assert salvage(source, target).whole
            assert dump(target) == dump(source)


def test_whichever_page_is_damaged_the_rest_is_saved(source: Path, tmp_path: Path) -> None:
    whole, rows = {x.number: x for x in _read(source)}, dump(source)
    pages, unhurt = source.stat().st_size // PAGE, 0
    jobless, copy = 0, tmp_path / "copy.db"
    for number in range(1, pages + 1):
        shutil.copy(source, copy)
        overwrite(copy, number)
        target = tmp_path / f"{number}.db"
        found = salvage(copy, target)
        trials = _read(target)
        if found.whole:  # an index, which says nothing new
            assert dump(target) == rows
            unhurt += 1
            continue
        jobless += not found.saved["jobs"]
        again = {n for job in found.jobs for n in job.again}
        same = [x for x in trials if x.number not in again]
        assert all((x.state, x.key) == (whole[x.number].state, whole[x.number].key) for x in same)
        told = [x for x in same if x.state is not TrialState.FAILED]
        assert all(x.measurements == whole[x.number].measurements for x in told)
        lost = sum(job.lost for job in found.jobs)
        assert len(trials) + lost >= TRIALS - 9 or not found.saved["jobs"]
    assert unhurt > pages // 4
    assert jobless <= 1


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_of_a_file_that_was_cut_the_beginning_is_saved(
    source: Path, tmp_path: Path, share: float
) -> None:
    whole = dump(source)
    os.truncate(source, int(source.stat().st_size * share))
    found = salvage(source, tmp_path / "new.db")
    assert not found.whole
    kept = dump(tmp_path / "new.db")
    for name in ("jobs", "reports", "trial_notes"):
        assert set(kept[name]) <= set(whole[name])
    _read(tmp_path / "new.db")


def test_trials_that_lost_their_scores_are_trained_again(source: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{source}"
    damage(url, "UPDATE measurements SET value = 'much' WHERE name = 'accuracy' AND value > 0.6")
    with Store.open(url) as store:
        store.set_state(store.jobs()[0].id, store.jobs()[0].state.FINISHED)
    found = salvage(source, tmp_path / "new.db")
    (mended,) = found.jobs
    assert found.refused == len(mended.again) > 0 and mended.lost == 0
    with Store.open(f"sqlite:///{tmp_path / 'new.db'}") as store:
        job = store.jobs()[0]
        trials = store.trials(job.id)
        assert [x.number for x in trials if x.state is TrialState.QUEUED][: len(mended.again)] == [
            *mended.again
        ]
        assert job.state.value == "stopped" and "damaged" in str(job.fault)
    _read(tmp_path / "new.db")


def test_a_row_that_lies_is_not_saved(source: Path, tmp_path: Path) -> None:
    damage(f"sqlite:///{source}", "UPDATE trials SET state = 'dozing' WHERE number = 5")
    damage(f"sqlite:///{source}", "UPDATE trials SET configuration = '{' WHERE number = 6")
    found = salvage(source, tmp_path / "new.db")
    assert found.refused >= 2
    assert {5, 6}.isdisjoint(x.number for x in _read(tmp_path / "new.db"))
    assert [x.lost for x in found.jobs] == [2]


def test_a_newer_schema_is_refused_with_both_versions(source: Path, tmp_path: Path) -> None:
    damage(f"sqlite:///{source}", f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(UserError, match=f"schema {HEAD} or older; got schema 9999"):
        salvage(source, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_what_is_no_database_and_what_is_in_the_way_is_refused(
    source: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text"
    text.write_text("hello " * 1000)
    for one in (text, tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match="database"):
            salvage(one, tmp_path / "new.db")
    with pytest.raises(UserError, match="which exists; name another file"):
        salvage(source, text)
    with pytest.raises(UserError, match="existing folder"):
        salvage(source, tmp_path / "none" / "new.db")
    assert not (tmp_path / "new.db").exists()
