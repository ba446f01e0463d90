"""A job that cannot be read here, on the command line: listed, and refused in one line."""

import json
from pathlib import Path

import pytest

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import make_unreadable

from .calls import call

LINE = "expected a spec of job 'strange' that can be read here"


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    """A database with the readable job `fine` after the job `strange`."""
    url = new_sqlite()
    with Store.open(url) as store:
        for name in ("strange", "fine"):
            store.create_job(make_spec(name))
    make_unreadable(url, "strange")
    return url


def test_the_list_has_it_and_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    assert call(monkeypatch, "jobs", "--storage", url) == 0
    shown = capsys.readouterr().out
    strange, fine = [line.split() for line in shown.splitlines() if "waits for" in line]
    assert (strange[:2], strange[-2:]) == (["strange", "waits"], ["?", "?"])
    assert (fine[:2], fine[-1]) == (["fine", "waits"], "accuracy")
    assert "nobody works on fine" in shown and "nobody works on strange" not in shown
    assert [line for line in shown.splitlines() if line.startswith(LINE)]
    assert call(monkeypatch, "jobs", "--storage", url, "--json") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["problem"].startswith(LINE)
    assert first["spec"]["task"]["kind"] == "<b>grades</b>"
    assert (second["name"], second["problem"]) == ("fine", None)


@pytest.mark.parametrize(
    "arguments",
    [["show"], ["show", "--json"], ["front"], ["export", "--out", "a"], ["confirm"], ["worker"]],
)
def test_what_needs_its_spec_says_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str,
    tmp_path: Path,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *options = arguments
    assert call(monkeypatch, command, "strange", *options, "--storage", url) == 2
    *first, error = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {LINE}")
    assert all(x.endswith(" ...") for x in first) and len(first) < 2
