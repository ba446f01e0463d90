"""What `doctor` and `techniques` say of other packages' rows: used, or a line each for why not."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from peftsearch import extensions
from peftsearch.doctor.finding import Health
from peftsearch.doctor.plug_ins import examine_plug_ins
from peftsearch.service.routes.reference_routes import list_kinds, list_objectives
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.cli.calls import call
from tests.recipes import install

Add = Callable[[str, Mapping[str, Mapping[str, str]]], None]
MODULE = """
from peftsearch.spaces.jobspec.objectives import Objective

HALF = Objective("half", "half", False, cost=lambda configuration, anatomy: 0.5)
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
