"""How commands end that somebody or something cuts short."""

import signal
from importlib.metadata import version
from pathlib import Path

import pytest

from peftsearch.cli import commands, crew, job_file
from peftsearch.jobs.interrupt import Interrupt
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec

from .calls import call


def test_ctrl_c_before_anything_runs_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(path: Path, track: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job_file, "read_job", read)
    assert call(monkeypatch, "run", "job.toml") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", ["worker", "resume"])
def test_the_exit_code_tells_the_signal(
    command: str,
    number: signal.Signals,
    code: int,
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        store.create_job(make_spec("job"))
    for module in (commands, crew):
        monkeypatch.setattr(module, "run_pool", lambda *_: number)
    files = ["--storage", url, "--files", str(tmp_path)]
    assert call(monkeypatch, command, "job", *files) == code


def test_the_first_of_several_signals_counts() -> None:
    interrupt = Interrupt()
    with interrupt.installed():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert (interrupt.count, interrupt.first) == (2, signal.SIGTERM)


def test_the_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"peftsearch {version('peftsearch')}\n"
