"""A job that cannot be read here, on the command line: listed, and refused in one line."""

import json
from pathlib import Path

import pytest

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.seeding import seed_job
from tests.specs import make_spec
from tests.storage.examples import damage, make_unreadable

from .calls import call

LINE = "expected a spec of job 'strange' that can be read here"


@pytest.fixture(params=["kind", "no table", "no JSON"])
def url(new_sqlite: NewDatabase, request: pytest.FixtureRequest) -> str:
    """A database with the readable job `fine` after the job `strange`."""
    url = new_sqlite()
    with Store.open(url) as store:
        for name in ("strange", "fine"):
            store.create_job(make_spec(name))
    if request.param == "no JSON":
        damage(url, "UPDATE jobs SET spec = '{bad' WHERE name = 'strange'")
    else:
        make_unreadable(url, "strange", request.param)
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
    assert "<b>grades</b>" in str(first["spec"]) or first["spec"] in ([1], "{bad")
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


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["front"]])
@pytest.mark.parametrize("column", ["configuration", "provenance"])
@pytest.mark.parametrize("text", ["{bad", "[1]"])
def test_a_damaged_trial_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    new_sqlite: NewDatabase,
    command: list[str],
    column: str,
    text: str,
) -> None:
    url = new_sqlite()
    seed_job(url, "large", 4)
    damage(url, f"UPDATE trials SET {column} = '{text}' WHERE number = 3")
    assert call(monkeypatch, *command, "large", "--storage", url) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("error: expected trial 3 with a ")
    assert error.endswith("restore the database from a backup")
