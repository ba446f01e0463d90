"""A report's folder appears whole or not at all, and replaces nothing but a report."""

from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.report import writing
from peftsearch.report.outline import Report
from peftsearch.report.writing import write_report
from peftsearch.storage.store import Store
from tests.service.records import fill_example

from .jobs import report_on

NAMES = ["front.svg", "report.html", "report.md", "strata.svg"]


@pytest.fixture
def report(new_sqlite: Any) -> Report:
    with Store.open(new_sqlite()) as store:
        fill_example(store)
        return report_on(store)


def held(folder: Path) -> list[str]:
    return sorted(x.name for x in folder.iterdir())


def test_it_is_written_and_written_again(report: Report, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report"
    assert sorted(x.name for x in write_report(report, out)) == NAMES == held(out)
    (out / "front-2.svg").write_text("of a job with more goals")
    write_report({**report, "verdict": ["Another sentence."]}, out)
    assert held(out) == NAMES and held(out.parent) == ["report"]
    assert "Another sentence." in (out / "report.html").read_text("utf-8")
    assert "Another sentence." in (out / "report.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["notes.txt", "report.html", "adapter.safetensors"])
def test_what_is_no_report_is_left(report: Report, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UserError, match="new, empty or an earlier report"):
        write_report(report, tmp_path)
    assert held(tmp_path) == [name] and (tmp_path / name).read_text() == "mine"


def test_a_report_with_something_beside_it_a_file_and_a_link_are_left(
    report: Report, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    write_report(report, out)
    (out / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(out)
    for place in (out, tmp_path / "file", tmp_path / "link"):
        with pytest.raises(UserError, match="new, empty or an earlier report"):
            write_report(report, place)
    assert (out / "notes.txt").read_text() == "mine"


def test_a_write_that_fails_leaves_the_former_one(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    write_report(report, out)
    before = (out / "report.html").read_text("utf-8")

    def fall(part: Path, folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "publish", fall)
    with pytest.raises(UserError, match="No space left on device"):
        write_report({**report, "verdict": ["Another sentence."]}, out)
    assert held(tmp_path) == ["report"] and held(out) == NAMES
    assert (out / "report.html").read_text("utf-8") == before


def test_a_name_that_no_folder_may_have_is_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a writable place"):
        write_report(report, tmp_path / ("a" * 300))
    assert not list(tmp_path.iterdir())
