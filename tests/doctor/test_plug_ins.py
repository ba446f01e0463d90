"""What `doctor` and `techniques` say of other packages' rows: used, or a line each for why not."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from peftsearch import extensions
from peftsearch.doctor.finding import Health
from peftsearch.doctor.plug_ins import examine_plug_ins
from peftsearch.errors import UserError
from peftsearch.service.routes import reference_routes
from peftsearch.service.routes.reference_routes import (
    list_kinds,
    list_objectives,
    list_techniques,
)
from peftsearch.spaces.families.anatomy import Linear
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import TECHNIQUES
from tests.cli.calls import call
from tests.recipes import install

Add = Callable[[str, Mapping[str, Mapping[str, str]]], None]
MODULE = """
from peftsearch.spaces.jobspec.objectives import Objective

HALF = Objective("half", "half", False, cost=lambda configuration, anatomy: 0.5)
"""
ROW = """
from dataclasses import replace
from peftsearch.spaces.techniques.table import TECHNIQUES

ROW = replace(TECHNIQUES["lora"], name="strange", {change})
"""
KIND = """
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.model_forms import SEQUENCE

ROW = TaskKind("strange", "strange", SEQUENCE, {columns}, ("accuracy",), "{work}")
"""


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Installs a package with entry points."""
    (tmp_path / "doctored_rows.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)

    def install_package(name: str, groups: Mapping[str, Mapping[str, str]]) -> None:
        install({"name": name, "version": "1.0", "entry-points": groups}, tmp_path)
        extensions._points.cache_clear()

    yield install_package
    reference_routes._techniques.cache_clear()
    sys.modules.pop("strange_row", None)
    extensions._points.cache_clear()


def test_without_plug_ins_each_group_has_one_line() -> None:
    found = list(examine_plug_ins())
    assert [x.subject for x in found] == ["techniques", "kinds", "objectives", "samplers"]
    assert {x.health for x in found} == {Health.OK}


def test_each_name_is_used_or_has_a_line_that_says_why_not(add: Add) -> None:
    add("good", {"peftsearch.objectives": {"half": "doctored_rows:HALF"}})
    add("bad", {"peftsearch.techniques": {"lora": "json:dumps", "gone": "no_such_module:X"}})
    add("one", {"peftsearch.samplers": {"mine": "json:dumps", "a-name-of-seventeen": "json:x"}})
    add(
        "two", {"peftsearch.samplers": {"mine": "json:loads"}, "peftsearch.kinds": {"x": "json:y"}}
    )
    found = list(examine_plug_ins())
    assert "half of good 1.0" in next(x.text for x in found if x.subject == "objectives")
    failed = [(x.subject, x.text) for x in found if x.health is Health.FAILED]
    words = [
        ("techniques", "No module named 'no_such_module'"),
        ("techniques", "'lora' of bad 1.0"),
        ("kinds", "package two"),
        ("samplers", "'a-name-of-seventeen' of one 1.0"),
        ("samplers", "one and two"),
    ]
    assert [x for x, _ in failed] == [x for x, _ in words]
    assert all(word in text for (_, text), (_, word) in zip(failed, words, strict=True))


def test_techniques_lists_the_usable_ones_and_says_the_others_to_standard_error(
    add: Add, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add("bad", {"peftsearch.techniques": {"lora": "json:dumps", "gone": "no_such_module:X"}})
    assert call(monkeypatch, "techniques", "--json") == 0
    printed = capsys.readouterr()
    assert "gone" not in {row["name"] for row in json.loads(printed.out)}
    assert [("bad" in line) for line in printed.err.splitlines()] == [True, True]


def test_the_reference_is_answered_whatever_is_installed(add: Add) -> None:
    add("one", {"peftsearch.objectives": {"accuracy": "json:dumps", "twice": "json:dumps"}})
    add("two", {"peftsearch.objectives": {"twice": "json:loads"}})
    add("three", {"peftsearch.kinds": {"regression": "json:dumps"}})
    names = {row["name"] for row in list_objectives()["objectives"]}
    assert "accuracy" in names and "twice" not in names
    assert list_kinds()["kinds"]
    assert JobSpec.model_json_schema()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("restriction=lambda linear, size: 1 / 0", "`restriction` of the technique strange (odd"),
        ("restriction=lambda linear, size: exit(3)", "got SystemExit: 3"),
        ("restriction=lambda linear, size: True", "a text or None from `restriction`"),
        ("linear=lambda linear, role, size: 'six'", "from `linear` of the technique strange"),
        ("linear=lambda linear, role, size: -5", "a whole number of at least 0"),
        ("stored=lambda linear: 5", "got TypeError"),
        ("tensors=lambda stack, layer: {'a.weight': 1.5}", "sizes by the paths of tensors"),
        ("arguments=lambda size: []", "keyword arguments from `arguments`"),
    ],
)
def test_a_technique_that_fails_is_told_and_takes_no_other_away(
    add: Add,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: str,
    words: str,
) -> None:
    (tmp_path / "strange_row.py").write_text(ROW.format(change=change))
    add("odd", {"peftsearch.techniques": {"strange": "strange_row:ROW"}})
    (failed,) = [x.text for x in examine_plug_ins() if x.health is Health.FAILED]
    assert words in failed and "update or uninstall odd" in failed and "\n" not in failed
    assert call(monkeypatch, "techniques", "--json") == 0
    printed = capsys.readouterr()
    names = {row["name"] for row in json.loads(printed.out)}
    assert "lora" in names and "strange" not in names
    assert words in printed.err
    reference_routes._techniques.cache_clear()
    assert {row.name for row in list_techniques()["techniques"]} == names


@pytest.mark.parametrize(
    ("columns", "work", "words"),
    [
        ("()", "peftsearch.workers.kinds.regression:WORK", "it names no columns"),
        ("({'text': 'text'},)", "strange_work:WORK", "got SystemExit: 4"),
        ("({'text': 'text'},)", "json:dumps", "is no object of `peftsearch.workers"),
        ("({'text': 'text'},)", "peftsearch.workers.kinds.work:Work", "is no object of"),
    ],
)
def test_a_kind_that_fails_is_told(
    add: Add, tmp_path: Path, columns: str, work: str, words: str
) -> None:
    (tmp_path / "strange_row.py").write_text(KIND.format(columns=columns, work=work))
    (tmp_path / "strange_work.py").write_text("exit(4)")
    add("odd", {"peftsearch.kinds": {"strange": "strange_row:ROW"}})
    (failed,) = [x for x in examine_plug_ins() if x.health is Health.FAILED]
    assert failed.subject == "kinds" and words in failed.text


def test_a_technique_that_is_well_is_used_with_its_functions_checked(
    add: Add, tmp_path: Path
) -> None:
    late = "linear=lambda linear, role, size: size * linear.inputs if linear.inputs > 5 else None"
    (tmp_path / "strange_row.py").write_text(ROW.format(change=late))
    add("odd", {"peftsearch.techniques": {"strange": "strange_row:ROW"}})
    row = TECHNIQUES["strange"]
    assert row is TECHNIQUES["strange"] and row in TECHNIQUES.usable()
    assert row.linear is not None
    assert row.linear(Linear(path="a", inputs=6, outputs=2, bias=True), "query", 4) == 24
    with pytest.raises(
        UserError, match=r"`linear` of the technique strange \(odd 1\.0\); got None"
    ):
        row.linear(Linear(path="a", inputs=5, outputs=2, bias=True), "query", 4)
