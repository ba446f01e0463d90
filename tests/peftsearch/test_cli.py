"""The command line without training: help, tables, errors, and the reference that is written."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from peftsearch import cli
from peftsearch.spaces.families import FAMILIES
from peftsearch.spaces.techniques import TECHNIQUES

ROOT = Path(__file__).parents[2]


def load_script(name: str) -> ModuleType:
    """A module of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run in this process; the exit code."""
    monkeypatch.setattr(sys, "argv", ["peftsearch", *arguments])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_reference_is_up_to_date() -> None:
    script = load_script("write_cli_reference")
    assert script.PATH.read_text() == script.reference(), "run scripts/write_cli_reference.py"


@pytest.mark.parametrize("command", ["--help", "techniques", "jobs"])
def test_light_commands_import_no_torch(command: str, tmp_path: Path) -> None:
    """They answer at once; torch alone takes seconds."""
    program = (
        "import sys\n"
        "from peftsearch import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'botorch', 'datasets'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_help_loads_no_tables_or_databases(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from peftsearch import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'sqlalchemy', 'pandas', 'numpy', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_techniques_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "techniques", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(TECHNIQUES)
    assert len(rows) >= 40
    lora = next(row for row in rows if row["name"] == "lora")
    assert lora["families"] == list(FAMILIES)
    assert (lora["merges"], lora["exports_as"], lora["status"]) == (True, "peft", "core")


def test_an_error_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "jobs", "--json") == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["exit_code"] == 2
    assert captured.err.count("\n") == 1


def test_a_path_is_a_storage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "jobs", "--storage", "where.db") == 2
    assert "no file 'where.db'" in capsys.readouterr().err


def test_a_failure_that_is_nobodys_mistake_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("peftsearch.lookups.techniques", broken)
    assert call(monkeypatch, "techniques") == 1
    assert capsys.readouterr().err == (
        "error: RuntimeError: first line (peftsearch --debug shows where)\n"
    )
