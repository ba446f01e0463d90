"""A few bad inputs of every kind; hundreds by `python -m tests.chaos.bad_inputs`."""

import os
import random
import shutil
from pathlib import Path

import pytest

from . import bad_inputs
from .bad_inputs import LONGEST, SECONDS, Outcome, run
from .bad_inputs_cases import KINDS
from .bad_inputs_ground import write_ground

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")

SEED = 7
EACH = 3


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is right, to be copied and spoilt."""
    return write_ground(tmp_path_factory.mktemp("bad") / "ground")


def outcome(code: int, said: str, seconds: float = 0.0) -> Outcome:
    return Outcome(0, "", "", (), code, seconds, said)


@pytest.mark.parametrize("number", range(EACH))
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_input_is_told_in_one_line(
    ground: Path, tmp_path: Path, kind: str, number: int
) -> None:
    """Of this number; the long run draws kinds by a seed of its own."""
    folder = tmp_path / "here"
    shutil.copytree(ground, folder)
    done, command = KINDS[kind](folder, random.Random(f"{SEED}-{kind}-{number}"))
    code, said, seconds = run(folder, command)
    found = outcome(code, said, seconds)
    assert found.faults == [], (done, command, said)


RIGHT = (
    ["import", "results.csv", "--job", "job.toml", "--storage", "one.db"],
    ["import", "results.jsonl", "--job", "job.toml", "--storage", "two.db"],
    ["import", "adapters", "--job", "job.toml", "--storage", "three.db"],
    ["run", "job.toml", "--dry-run"],
    ["run", "job.yaml", "--dry-run"],
    ["run", "job.json", "--dry-run"],
    ["show", "small", "--storage", "jobs.db"],
)


@pytest.mark.parametrize("command", RIGHT, ids=" ".join)
def test_what_is_right_before_it_is_spoilt(
    ground: Path, tmp_path: Path, command: list[str]
) -> None:
    """Else all inputs would be bad of one kind."""
    shutil.copytree(ground, tmp_path / "here")
    assert run(tmp_path / "here", command)[0] == 0


def test_faults_are_found() -> None:
    assert outcome(0, "fine\n").faults == outcome(2, "error: expected a; got b\n").faults == []
    assert outcome(1, "").faults == ["exit code 1"]
    assert outcome(2, "usage\n").faults == ["no error line"]
    assert outcome(0, "x" * (LONGEST + 1)).faults == [f"a line of {LONGEST + 1} characters"]
    assert outcome(0, "", SECONDS + 1.0).faults == [f"{SECONDS + 1} s"]
    assert outcome(0, "a\nTraceback (most recent call last):\n").faults == ["a traceback"]


@pytest.mark.parametrize(("queued", "ends"), [(0.0, False), (SECONDS, True)])
def test_time_in_which_others_had_the_processors_does_not_count(
    monkeypatch: pytest.MonkeyPatch, queued: float, ends: bool
) -> None:
    monkeypatch.setattr(bad_inputs, "SECONDS", 0.5)
    monkeypatch.setattr(bad_inputs, "read_queued", lambda pid: queued)
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", "sleep 1"], os.environ, setpgroup=0)
    code, seconds = bad_inputs.wait(pid)
    assert (code == 0) is ends and seconds < 1.0
