"""`peftsearch doctor` on a command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.cli.app import main


def call(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["peftsearch", *arguments])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = f"sqlite:///{tmp_path / 'new.db'}"
    assert call("doctor", "--storage", storage, "--json", monkeypatch=monkeypatch) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    subjects = [x["subject"] for x in answer["findings"]]
    assert answer["well"] is True
    assert {"python", "versions", "database", "postgresql", "files", "torch"} <= set(subjects)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_is_one_line_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    options = ("--storage", f"{tmp_path}/x.db", "--files", f"{tmp_path}/file")
    assert call("doctor", *options, monkeypatch=monkeypatch) == 1
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("failed")]
    assert len(lines) == 1
    assert "cannot be written" in lines[0]


def test_a_wrong_url_is_a_finding_and_the_rest_is_still_examined(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("doctor", "--storage", "oracle://host/x", monkeypatch=monkeypatch) == 1
    printed = capsys.readouterr().out
    assert "failed database" in printed
    assert "torch " in printed.splitlines()[-1]
