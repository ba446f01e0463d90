"""A job goes on with the tokenizer that it began with or not at all."""

import json
import shutil
from pathlib import Path

from tests.waiting import wait_until

from .conftest import BAD, GOOD, write_job
from .programs import call, errors, start
from .watching import assert_whole, count_workers, finish, records, running

TRIALS = 2


def turn_round(folder: Path) -> None:
    """Let good words be read as bad ones, and bad ones as good."""
    file = folder / "tokenizer.json"
    told = json.loads(file.read_text())
    words = told["model"]["vocab"]
    for good, bad in zip(GOOD, BAD, strict=True):
        words[good], words[bad] = words[bad], words[good]
    file.write_text(json.dumps(told))


def test_a_tokenizer_that_is_exchanged_during_a_run_mixes_nothing(
    workshop: Path, tmp_path: Path
) -> None:
    own = tmp_path / "workshop"
    shutil.copytree(workshop, own)
    job = write_job(tmp_path, own, epochs=12, trials=TRIALS)
    url = f"sqlite:///{tmp_path / 'peftsearch.db'}"
    process = start("run", job, folder=tmp_path)
    wait_until((tmp_path / "peftsearch.db").exists)
    wait_until(lambda: len(running(url)) > 0)
    turn_round(own / "model")
    late = call("worker", "small", folder=tmp_path)
    told = errors(late.stderr)
    assert late.returncode == 2 and "Traceback" not in late.stderr, late.stderr
    assert any("the tokenizer.json with which small was trained" in x for x in told), told
    finish(process)
    assert_whole(url, TRIALS)
    made = call("export", "small", "--out", "out", folder=tmp_path)
    assert made.returncode == 2 and "tokenizer.json" in made.stderr, made.stderr
    assert {x.attempt for x in records(url)} == {1} and not count_workers(url)
