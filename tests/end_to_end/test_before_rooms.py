"""A job that the code from before the rooms ran opens, resumes and exports with today's.

`tests/assets/before_rooms/make.py` made it; its database, job file and adapters are of that time.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from peftsearch.jobs.jobfile import differing_keys
from peftsearch.spaces.jobspec.stored import is_later
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import load_data

from .programs import call, load_and_score, read

ASSET = Path(__file__).parents[1] / "assets" / "before_rooms"
PLACE = "@FOLDER@"
TRIAL = ("number", "key", "seed", "state", "attempt", "measurements", "configuration", "adapter")
POINT = ("key", "values", "seeds", "trials", "knee", "configuration")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the asset, with this folder's path where it had its own."""
    folder = tmp_path_factory.mktemp("old")
    shutil.copytree(ASSET, folder, dirs_exist_ok=True)
    (folder / "files").rename(folder / "jobs.files")
    (folder / "jobs.sqlite").rename(folder / "jobs.db")
    for path in (folder / "job.toml", *folder.glob("jobs.files/**/*.json")):
        path.write_text(path.read_text().replace(PLACE, str(folder)))
    with closing(sqlite3.connect(folder / "jobs.db")) as database, database:
        for table, column in (("jobs", "spec"), ("trials", "provenance")):
            values = (PLACE, str(folder))
            database.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", values)
    return folder


def expected(folder: Path) -> Any:
    """What the code of that time read."""
    return json.loads((ASSET / "expected.json").read_text().replace(PLACE, str(folder)))


def look(command: str, folder: Path) -> Any:
    return read(command, "old", "--storage", "jobs.db", folder=folder)


def cut(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The parts that must never change their meaning."""
    return [{key: row[key] for key in keys} for row in rows]


def test_an_old_job_reads_and_holds_out_its_rows_as_before(old: Path) -> None:
    shutil.copy(old / "jobs.db", old / "data.db")
    with Store.open(f"sqlite:///{old / 'data.db'}") as store:
        spec = store.find_job("old").spec
    with closing(sqlite3.connect(old / "data.db")) as database:
        (stored,) = database.execute("SELECT spec FROM jobs").fetchone()
        (provenance,) = database.execute("SELECT provenance FROM trials").fetchone()
    assert "reading" not in json.loads(stored)["task"]
    assert load_data(spec).fingerprint == json.loads(provenance)["data"]
    task = {name: x for name, x in spec.to_json()["task"].items() if name != "reading"}
    asked = spec.model_copy(update={"task": TaskSpec(**task)})
    assert differing_keys(spec, asked) == ["task.reading"]
    assert is_later(json.loads(stored), "task.reading", asked)


@pytest.mark.slow
def test_an_old_job_reads_the_same_resumes_and_exports(old: Path, tmp_path: Path) -> None:
    then, now = expected(old), look("show", old)
    assert (now["state"], now["event"]) == ("stopped", then["show"]["event"])
    assert cut(now["trials"], TRIAL) == cut(then["show"]["trials"], TRIAL)
    assert [x["state"] for x in now["trials"]] == ["completed"] * 6 + ["queued"]
    assert cut(look("front", old)["front"], POINT) == cut(then["front"], POINT)

    done = call("run", "job.toml", "--storage", "jobs.db", folder=old)
    assert done.returncode == 0, done.stderr
    resumed = look("show", old)
    assert (resumed["state"], resumed["event"]) == ("finished", 10)
    assert cut(resumed["trials"][:6], TRIAL) == cut(then["show"]["trials"][:6], TRIAL)
    assert [x["state"] for x in resumed["trials"]] == ["completed"] * 10
    assert len({(x["key"], x["seed"]) for x in resumed["trials"]}) == 10

    options = ("--pick", "trial 5", "--out", tmp_path / "out", "--storage", "jobs.db")
    report = read("export", "old", *options, folder=old)
    assert report["form"] == "peft"
    assert load_and_score(old, tmp_path / "out") == pytest.approx(0.5, abs=0.15)
