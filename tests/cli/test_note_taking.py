"""`note`: what is written is shown by every command, and picked by."""

import json

import pytest

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.records import fill_example

from .calls import call


@pytest.fixture
def url(new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    monkeypatch.setenv("PEFTSEARCH_STORAGE", url)
    return url


def test_a_trial_is_named_shown_and_named_by(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "note", "job", "2", "for [red]phones\x1b[2J", "--name", "in use") == 0
    assert capsys.readouterr().out.split("\n")[:2] == [
        "trial 2: “in use”",
        "for [red]phones\\x1b[2J",
    ]
    assert call(monkeypatch, "show", "job") == 0
    assert "“in use”: " in capsys.readouterr().out
    assert call(monkeypatch, "front", "job", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["front"]
    assert [x["trials"] for x in rows if x["names"] == ["in use"]] == [[2]]
    assert call(monkeypatch, "note", "job", "in use", "--name", "", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] is None
    assert call(monkeypatch, "note", "job", "0") == 0
    assert capsys.readouterr().out == "trial 0: no name, no note\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["job", "99", "x"], "got 99"),
        (["job", "none"], "the number or the name of a trial"),
        (["job", "1", "--name", "knee"], "add a word to it"),
        (["nothing", "1"], "nothing"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    told: str,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "note", *arguments) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1
