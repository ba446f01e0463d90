"""Made the job of this folder with the code from before the rooms, commit fdc8069.

It ran 6 of its 10 trials, was interrupted by Ctrl-C, and was stopped. To repeat it, in a checkout
of that commit:

    PYTHONPATH=$PWD python .../tests/assets/before_rooms/make.py FOLDER

`tests/end_to_end/test_before_rooms.py` opens a copy with today's code. `@FOLDER@` stands for the
folder that it ran in; pages of the database are small, as most of the usual 4 KB would be empty.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import write_data, write_model

PLACE, WORKER = "@FOLDER@", "worker"
DONE = 6
JOB = """name = "old"
seed = 4

[model]
path = "@FOLDER@/model"

[task]
train = "@FOLDER@/data.csv"
max_length = 16

[training]
epochs = 6
batch_size = 32

[objectives]
bounds = ["adapter_bytes <= 40 KB"]

[budget]
trials = 10
"""


def make(folder: Path) -> None:
    """The job's model, data, database, files, and what the code of its time read from them."""
    write_model(folder / "model", spread=0.1)
    write_data(folder / "data.csv", rows=100)
    (folder / "job.toml").write_text(JOB.replace(PLACE, str(folder)))
    start(folder)
    call(folder, "stop", "old")
    shown = json.loads(call(folder, "show", "old", "--json"))
    front = json.loads(call(folder, "front", "old", "--json"))["front"]
    assert shown["trials"][DONE - 1]["state"] == "completed", "interrupted too early"
    assert sum(trial["state"] == "completed" for trial in shown["trials"]) == DONE
    kept = {"show": shown, "front": front}
    for trial in shown["trials"]:
        trial["worker"] = WORKER if trial["worker"] else None
    text = json.dumps(kept, indent=1).replace(str(folder), PLACE)
    (folder / "expected.json").write_text(text + "\n")
    (folder / "job.toml").write_text(JOB)
    anonymise(folder)
    for path in (folder / "jobs.files").rglob("*.json"):
        path.write_text(path.read_text().replace(str(folder), PLACE))


def start(folder: Path) -> None:
    """Run the job until six trials are done, and interrupt it in the seventh."""
    command = [sys.executable, "-m", "peftsearch", "run", "job.toml", "--storage", "jobs.db"]
    with subprocess.Popen(command, cwd=folder) as run:
        while count(folder / "jobs.db") < DONE:
            assert run.poll() is None, "it ended by itself"
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)


def count(path: Path) -> int:
    """Completed trials."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            query = "SELECT count(*) FROM trials WHERE state = 'completed'"
            return int(database.execute(query).fetchone()[0])
    except sqlite3.OperationalError:  # not there yet
        return 0


def call(folder: Path, *arguments: str) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "peftsearch", *arguments, "--storage", "jobs.db"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def anonymise(folder: Path) -> None:
    """Write `jobs.sqlite`: the database without the path and the host that it was made on."""
    with closing(sqlite3.connect(folder / "jobs.db", isolation_level=None)) as database:
        tables: list[Any] = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ).fetchall()
        for (table,) in tables:
            for column in database.execute(f"PRAGMA table_info({table})").fetchall():
                if "CHAR" in column[2] or column[2] in ("TEXT", "JSON"):
                    values = (str(folder), PLACE)
                    name = column[1]
                    database.execute(f"UPDATE {table} SET {name} = replace({name}, ?, ?)", values)
        database.execute("UPDATE workers SET host = 'host', name = ?, pid = 1", (WORKER,))
        database.execute("UPDATE trials SET worker = ? WHERE worker IS NOT NULL", (WORKER,))
        database.execute("UPDATE lost_attempts SET worker = ?", (WORKER,))
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("PRAGMA page_size = 512")
        database.execute("VACUUM INTO ?", (str(folder / "jobs.sqlite"),))


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
