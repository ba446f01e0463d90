"""`peftsearch doctor --salvage`: what it saves, and what it tells."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import trials_folder
from tests.cli.calls import call
from tests.storage.salvage.examples import fill, overwrite


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A file whose first page is no page; adapters of trials 0 and 29 lie beside it."""
    path = tmp_path / "my jobs.db"
    job = fill(path)
    overwrite(path, 1)
    for name in ("000000-1", "000029-1"):
        (trials_folder(tmp_path / "my jobs.files", job) / name).mkdir(parents=True)
    (tmp_path / "my jobs.files" / f"gone-{'0' * 32}").mkdir()
    return path


@dataclass
class Done:
    """What a command did."""

    code: int
    told: str
    errors: str


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Runs `peftsearch doctor` with options."""

    def act(*options: object) -> Done:
        code = call(monkeypatch, "doctor", *map(str, options))
        return Done(code, *capsys.readouterr())

    return act


def test_a_tally_is_told(run: Callable[..., Done], damaged: Path, tmp_path: Path) -> None:
    done = run("--salvage", damaged, "--out", tmp_path / "new.db")
    assert done.code == 0, done.errors
    assert "1 jobs" in done.told and "30 trials" in done.told
    assert "1 pages or rows unreadable" in done.told
    assert "3 folders without a record" in done.told and f"gone-{'0' * 32}" in done.told
    assert f"--files {tmp_path / 'my jobs.files'}" in done.told
    with Store.open(f"sqlite:///{tmp_path / 'new.db'}") as store:
        assert len(store.trials(store.jobs()[0].id)) == 30


def test_as_json(run: Callable[..., Done], damaged: Path, tmp_path: Path) -> None:
    told = json.loads(run("--salvage", damaged, "--out", tmp_path / "new.db", "--json").told)
    assert (told["whole"], told["unread"], told["saved"]["trials"]) == (False, 1, 30)
    assert len(told["adapters"]) == 3


@pytest.mark.parametrize("option", ["--salvage", "--out"])
def test_both_files_are_needed(run: Callable[..., Done], tmp_path: Path, option: str) -> None:
    done = run(option, tmp_path / "x.db")
    assert done.code == 2
    assert "expected both --salvage and --out" in done.errors
