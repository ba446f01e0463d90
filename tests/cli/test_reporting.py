"""`report`: a sentence, a page, the same as Markdown, and as data."""

import json
from pathlib import Path

import pytest

from peftsearch.report.phrases import with_commands
from peftsearch.results.picks.rules import PROPOSED_WORDS
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.records import fill_example

from .calls import call


@pytest.fixture
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    return url


def test_it_prints_its_sentence_and_writes_what_it_says(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    assert call(monkeypatch, "report", "job", "--out", str(out), "--storage", url) == 0
    told = capsys.readouterr().out.strip()
    assert told.startswith(f"Chosen is {PROPOSED_WORDS}, trial 2")
    page = (out / "report.html").read_text("utf-8")
    assert len(told.splitlines()) > 1 and all(with_commands(x) in page for x in told.splitlines())
    given = ["report", "job", "--out", str(out), "--storage", url, "--pick", "2", "--json"]
    assert call(monkeypatch, *given) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(x).is_file() for x in found["files"]] == [True] * 4
    assert found["report"]["chosen"]["row"] == 2
    assert "by '2' row 2 of the front" in found["report"]["verdict"][0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["job", "--pick", "trial 99"], "trial 99"),
        (["none"], "none"),
        (["job", "--pick", "nonsense"], "correct the pick"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    arguments: list[str],
    told: str,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "report"
    given = ["report", *arguments, "--out", str(out), "--storage", url]
    assert call(monkeypatch, *given) == 2
    said = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert len(said) == 1 and told in said[0]
    assert not out.exists() and list(tmp_path.iterdir()) == []


def test_another_folder_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert call(monkeypatch, "report", "job", "--out", str(tmp_path), "--storage", url) == 2
    assert "a folder with thesis.tex; name another folder" in capsys.readouterr().err
    assert [x.name for x in tmp_path.iterdir()] == ["thesis.tex"]
