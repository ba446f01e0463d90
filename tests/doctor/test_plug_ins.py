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
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import KINDS
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
from peftsearch.spaces.techniques.activations import Activations
from peftsearch.spaces.techniques.products import Products
from peftsearch.spaces.techniques.saved import Saved, Tensor
from peftsearch.spaces.techniques.table import TECHNIQUES

ROW = replace(TECHNIQUES["lora"], name="strange", {change})
"""
KIND = """
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.model_forms import SEQUENCE, ModelForm

WORK = "{work}"
ROW = TaskKind("strange", "strange", {form}, {columns}, {qualities}, WORK)
"""

WELL = {
    "form": "SEQUENCE",
    "columns": "({'text': 'text', 'label': 'label'},)",
    "qualities": "('accuracy',)",
    "work": "peftsearch.workers.kinds.regression:WORK",
}


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
    for name in ("strange_row", "strange_work"):
        sys.modules.pop(name, None)
    extensions._points.cache_clear()


def test_without_plug_ins_each_group_has_one_line() -> None:
    found = list(examine_plug_ins())
    assert [x.subject for x in found] == [
        *("techniques", "kinds", "objectives", "samplers", "trackers")
    ]
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
        ("restriction=lambda linear, size: 1 / 0", "`restriction` of strange (odd"),
        ("restriction=lambda linear, size: exit(3)", "got SystemExit: 3"),
        ("restriction=lambda linear, size: True", "a text or None from `restriction`"),
        ("linear=lambda linear, role, size: 'six'", "from `linear` of strange"),
        ("linear=lambda linear, role, size: -5", "a whole number of at least 0"),
        ("stored=lambda linear: 5", "got TypeError"),
        ("tensors=lambda stack, layer: {'a.weight': 1.5}", "sizes by the paths of tensors"),
        ("arguments=lambda size: []", "keyword arguments from `arguments`"),
        ("saved=Saved(linear=lambda linear, role, size: [1])", "of `Tensor` from `saved.linear`"),
        ("saved=Saved(shared=lambda size: exit(3))", "from `saved.shared` of strange (odd 1.0"),
        ("rate='x'", "strange"),
        ("rate=0.0", "0.0 is no learning rate"),
        ("rate=float('nan')", "nan is no learning rate"),
        ("capacities=(2, 1)", "do not ascend"),
        ("capacities=('a',)", "strange"),
        ("capacities=(1.5,)", "capacities.0 (1.5,)"),
        ("capacities=[1, 2]", "fields of the Technique of strange"),
        ("summary=5", "summary 5 (Input should be a valid string)"),
        ("merges=1", "merges 1"),
        ("roles='query'", "roles 'query' (Input should be a valid tuple)"),
        ("linear=5", "linear 5"),
        ("products=Products(thin='x')", "products.thin 'x'"),
        ("products=Products(thin=-1)", "factors of at least 0 of strange (odd 1.0"),
        ("activations=Activations(float('inf'))", "got inputs=inf"),
        ("roles=()", "it names no roles"),
        ("linear=None, peft=None", "it trains nothing"),
        ("tensors=lambda stack, layer: {5: 3}", "sizes by the paths of tensors"),
        ("linear=lambda linear, role, size: 10**400", "a whole number of at least 0"),
        ("arguments=lambda size: {5: size}", "keyword arguments from `arguments`"),
        ("saved=Saved(shared=lambda size: (Tensor('x', (-1,)),))", "from `saved.shared`"),
        ("saved=Saved(shared=lambda size: (Tensor(5, 'a'),))", "from `saved.shared`"),
        ("peft='NoSuchConfig'", "as `peft` of strange (odd 1.0"),
        ("arguments=lambda size: {'rank': size}", "arguments of LoraConfig of strange"),
        ("build='nocolon'", "an importable `build` of strange (odd 1.0"),
        ("build='json:no_such'", "got json:no_such: AttributeError"),
        ("build='json:__name__'", "a function as `build` of strange"),
        ("build='strange_exit:X'", "SystemExit: 5"),
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
    (tmp_path / "strange_exit.py").write_text("exit(5)")
    add("odd", {"peftsearch.techniques": {"strange": "strange_row:ROW"}})
    (failed,) = [x.text for x in examine_plug_ins() if x.health is Health.FAILED]
    assert words in failed and "update or uninstall odd" in failed and "\n" not in failed
    assert call(monkeypatch, "techniques", "--json") == 0
    printed = capsys.readouterr()
    names = {row["name"] for row in json.loads(printed.out)}
    # What a row is built by is imported by a launch and by `doctor` alone.
    built = change.startswith(("build", "peft='N", "arguments=lambda size: {'rank'"))
    assert "lora" in names and ("strange" in names) == built
    assert (words in printed.err) != ("strange" in names)
    reference_routes._techniques.cache_clear()
    assert {row.name for row in list_techniques()["techniques"]} == names


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"columns": "()"}, "it names no columns"),
        ({"columns": "'text'"}, "strange"),
        ({"columns": "({'text': 'text'},)"}, "no column is its label"),
        ({"columns": "({'txet': 'text', 'label': 'label'},)"}, "'txet' is none of text, choices"),
        ({"columns": "({'text': 5, 'label': 'label'},)"}, "columns.0.text"),
        ({"form": "None"}, "strange"),
        ({"form": "ModelForm(5)"}, "form.automatic 5"),
        ({"qualities": "('acuracy',)"}, "qualities of strange (odd 1.0, peftsearch.kinds)"),
        ({"qualities": "('adapter_bytes',)"}, "measured objectives as qualities"),
        ({"qualities": "'accuracy'"}, "qualities 'accuracy' (Input should be a valid tuple)"),
        ({"work": "strange_work:WORK"}, "SystemExit: 4; update or uninstall odd"),
        ({"work": "json:dumps"}, "is no object of `peftsearch.workers"),
        ({"work": "peftsearch.workers.kinds.work:Work"}, "is no object of"),
    ],
)
def test_a_kind_that_fails_is_told(
    add: Add, tmp_path: Path, changed: dict[str, str], words: str
) -> None:
    (tmp_path / "strange_row.py").write_text(KIND.format(**{**WELL, **changed}))
    (tmp_path / "strange_work.py").write_text("exit(4)")
    add("odd", {"peftsearch.kinds": {"strange": "strange_row:ROW"}})
    (failed,) = [x for x in examine_plug_ins() if x.health is Health.FAILED]
    assert failed.subject == "kinds" and words in failed.text and "odd" in failed.text
    assert [x.name for x in KINDS.usable()][len(KINDS.own) :] in ([], ["strange"])


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
        UserError, match=r"`linear` of strange \(odd 1\.0, peftsearch\.techniques\); got None"
    ):
        row.linear(Linear(path="a", inputs=5, outputs=2, bias=True), "query", 4)


def test_brackets_in_a_foreign_row_are_printed_as_they_stand(
    add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "strange_row.py").write_text(ROW.format(change="formula='b[/x]'"))
    add("odd", {"peftsearch.techniques": {"strange": "strange_row:ROW"}})
    assert call(monkeypatch, "techniques") == 0
    assert "b[/x]" in capsys.readouterr().out


LAZY = """
class Lazy:
    @property
    def __class__(self):
        raise ImportError("libfoo.so is missing")

    def __getattr__(self, name):
        raise SystemExit(4)

ROW = Lazy()
"""


@pytest.mark.parametrize("group", ["techniques", "kinds", "objectives"])
def test_an_object_whose_class_raises_is_a_broken_row(
    add: Add, tmp_path: Path, group: str
) -> None:
    (tmp_path / "strange_row.py").write_text(LAZY)
    add("odd", {f"peftsearch.{group}": {"strange": "strange_row:ROW"}})
    (failed,) = [x for x in examine_plug_ins() if x.health is Health.FAILED]
    assert failed.subject == group and "strange (odd 1.0, peftsearch." in failed.text
    assert "strange" not in {x.name for x in TECHNIQUES.usable()}


SUBCLASS = """
from peftsearch.spaces.jobspec.objectives import Objective

class Odd(Objective):
    @property
    def known(self):
        return 1 / 0

ROW = Odd("strange", "strange", False, measure=lambda outcome: 1.0)
NAMED = lambda **fields: Objective("strange", "strange", False, **fields)
"""


def test_a_row_is_used_by_its_fields_alone(add: Add, tmp_path: Path) -> None:
    """What its class says of its own is never asked."""
    (tmp_path / "strange_row.py").write_text(SUBCLASS)
    add("odd", {"peftsearch.objectives": {"strange": "strange_row:ROW"}})
    assert {x.health for x in examine_plug_ins()} == {Health.OK}
    assert not OBJECTIVES["strange"].known
    assert "strange" in {row["name"] for row in list_objectives()["objectives"]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("best=float('inf')", "best and worst are not finite"),
        ("worst=float('nan')", "best and worst are not finite"),
        ("style='colour'", "style 'colour'"),
        ("cost=5", "cost 5"),
    ],
)
def test_an_objective_that_is_badly_formed_is_told(
    add: Add, tmp_path: Path, fields: str, words: str
) -> None:
    (tmp_path / "strange_row.py").write_text(f"{SUBCLASS}ROW = NAMED({fields})")
    add("odd", {"peftsearch.objectives": {"strange": "strange_row:ROW"}})
    (failed,) = [x for x in examine_plug_ins() if x.health is Health.FAILED]
    assert words in failed.text and "odd" in failed.text


WORK = """
from peftsearch.workers.kinds.classification import Classification

class Strange(Classification):
    def read(self, task, table, classes):
        {answer}

WORK = Strange()
"""
REFUSES = "from peftsearch.errors import UserError; raise UserError('a', 'b', 'c')"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("raise ValueError('licence')", "from `read` of the work of strange (odd 1.0, peftsearch"),
        ("exit(3)", "got SystemExit: 3; update or uninstall odd"),
        ("return table.no_such_thing", "got AttributeError"),
        ("return 1 / 0", "got ZeroDivisionError"),
        (REFUSES, "expected a; got b; c"),
    ],
)
def test_what_a_work_raises_is_told_with_its_package(
    add: Add, tmp_path: Path, answer: str, told: str
) -> None:
    work_at = {"work": "strange_work:WORK"}
    (tmp_path / "strange_row.py").write_text(KIND.format(**{**WELL, **work_at}))
    (tmp_path / "strange_work.py").write_text(WORK.format(answer=answer))
    add("odd", {"peftsearch.kinds": {"strange": "strange_row:ROW"}})
    work = KINDS["strange"].load_work()
    with pytest.raises(UserError) as caught:
        work.read(None, object(), ())
    assert told in str(caught.value)
    with pytest.raises(UserError, match="`no_such_method` of the work of strange"):
        work.no_such_method()
    assert work.generated is None
