"""Kinds of task and objectives of other packages in job files: taken, or refused in one line."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from peftsearch import extensions
from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, cost_function
from peftsearch.spaces.jobspec.spec import JobSpec, find_mistakes, parse_spec
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.workers.training.provenance import _added
from tests.recipes import install

MODULE = """
from peftsearch.spaces.jobspec.objectives import Objective
from peftsearch.spaces.kinds.model_forms import SEQUENCE
from peftsearch.spaces.kinds.kind import TaskKind

HALF = Objective("half", "half", False, unit="halves", cost=lambda configuration, anatomy: 0.5)
NORM = Objective("norm", "norm", False, measure=lambda outcome: float("nan"))
COLUMNS = ({"text": "body", "label": "rank"},)
RANKS = TaskKind("ranks", "ranks", SEQUENCE, COLUMNS, ("norm",), "gone:X")
OTHER = 3
"""
KIND = "peftsearch.kinds"
OBJECTIVE = "peftsearch.objectives"
Add = Callable[[Mapping[str, Mapping[str, str]]], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Installs one package with these entry points, which lead into `MODULE`."""
    (tmp_path / "added_rows.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)

    def install_package(groups: Mapping[str, Mapping[str, str]]) -> None:
        install({"name": "added", "version": "1.0", "entry-points": groups}, tmp_path)
        extensions._points.cache_clear()

    yield install_package
    sys.modules.pop("added_rows", None)
    extensions._points.cache_clear()


def parse(task: dict[str, Any], objectives: dict[str, Any] | None = None) -> JobSpec:
    data = {"name": "job", "model": {"path": "m"}, "budget": {"trials": 1}}
    return parse_spec(data | {"task": {"train": "t.csv"} | task, "objectives": objectives or {}})


def refuse(task: dict[str, Any], objectives: dict[str, Any] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        parse(task, objectives)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_added_kind_has_its_columns_its_quality_and_a_place_in_the_schema(add: Add) -> None:
    add({KIND: {"ranks": "added_rows:RANKS"}, OBJECTIVE: {"norm": "added_rows:NORM"}})
    task = parse({"kind": "ranks"}).task
    assert (task.columns, task.quality) == (("body", "rank"), "norm")
    assert "the columns of ranks (text, label)" in refuse({"kind": "ranks", "image": "i"})
    assert JobSpec.model_json_schema()["$defs"]["TaskSpec"]["properties"]["kind"]["enum"] == list(
        KINDS
    )
    assert list(KINDS)[-1] == "ranks"
    assert parse_spec(parse({"kind": "ranks"}).to_json()).task == task
    with pytest.raises(UserError, match="the work of ranks .added 1.* got gone:X: Modul"):
        KINDS["ranks"].load_work()


def test_an_added_cost_stands_in_bounds_and_in_the_front(add: Add) -> None:
    assert "'half'" in refuse({}, {"cost": "half"})
    add({OBJECTIVE: {"half": "added_rows:HALF", "norm": "added_rows:NORM"}})
    spec = parse({}, {"cost": "half", "bounds": ["half <= 3"], "also": ["norm"]})
    assert list(spec.known_costs)[-1] == "half"
    assert "norm" not in spec.known_costs
    assert OBJECTIVES["half"].heading == "half (halves)"
    assert "a cost among" in refuse({}, {"cost": "norm"})
    assert "an upper bound on" in refuse({}, {"bounds": ["norm >= 3"]})
    with pytest.raises(UserError, match="a cost among .* got 'norm'"):
        cost_function("norm")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("no_such_module:X", "No module named 'no_such_module'"),
        ("added_rows:MISSING", "MISSING"),
        ("added_rows:OTHER", "got 3"),
        ("added_rows:HALF", "got 'half'"),
    ],
)
def test_a_broken_row_is_one_line_where_it_is_named_and_breaks_nothing_else(
    add: Add, target: str, words: str
) -> None:
    add({KIND: {"broken": target}, OBJECTIVE: {"broken": target}})
    assert words in refuse({"kind": "broken"})
    assert words in refuse({}, {"also": ["broken"]})
    assert words in refuse({}, {"cost": "broken"})
    (mistake,) = find_mistakes(
        {
            "name": "job",
            "model": {"path": "m"},
            "budget": {"trials": 1},
            "task": {"train": "t", "kind": "broken"},
        }
    )
    assert mistake.where == "task.kind"
    assert parse({}).task.kind == "classification"
    assert JobSpec.model_json_schema()["$defs"]["ObjectivesSpec"]["properties"]["cost"]["enum"]
    assert "broken" not in {row.name for row in OBJECTIVES.usable()}
    assert "broken" not in {row.name for row in KINDS.usable()}


def test_a_trial_keeps_the_versions_of_the_packages_that_its_job_names(add: Add) -> None:
    assert _added(parse({})) == {}
    add({KIND: {"ranks": "added_rows:RANKS"}, OBJECTIVE: {"norm": "added_rows:NORM"}})
    assert _added(parse({"kind": "ranks"})) == {"added": "1.0"}
    assert _added(parse({}, {"also": ["norm"]})) == {"added": "1.0"}
