"""Job specs: JSON both ways, and one clear line for each mistake."""

import json
import re
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.section import section_in
from peftsearch.spaces.jobspec.spec import JobSpec, find_mistakes, parse_spec
from tests.specs import make_spec

MINIMAL = {
    "name": "job",
    "model": {"path": "model"},
    "task": {"train": "train.csv"},
    "budget": {"trials": 8},
}


def change(path: str, value: Any) -> dict[str, Any]:
    """The minimal spec with one dotted key set."""
    data: dict[str, Any] = json.loads(json.dumps(MINIMAL))
    *sections, key = path.split(".")
    target = data
    for section in sections:
        target = target.setdefault(section, {})
    target[key] = value
    return data


def refuse(data: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        parse_spec(data)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_minimal_spec_and_its_defaults() -> None:
    spec = parse_spec(MINIMAL)
    assert spec.task.text_columns == ("text",)
    assert spec.task.quality == "accuracy"
    assert spec.space.preset == "strata"
    assert spec.bounds == ()


def test_json_round_trip() -> None:
    configuration = {"learning_rate": 1e-3, "strata": [{"start": 0, "stop": 6}]}
    tried: dict[str, Any] = {"try": [configuration]}
    spec = make_spec(
        task={"kind": "regression", "train": "a", "text": ["a", "b"], "metric": "spearman"},
        space={"boundaries": [[0, 2], [2, 6]], "learning_rates": [1e-4, 1e-2]},
        objectives={"bounds": ["adapter_bytes <= 200 KB"]},
        budget={"hours": 1.5},
        **tried,
    )
    assert parse_spec(json.loads(json.dumps(spec.to_json()))) == spec
    assert spec.bounds == (Bound("adapter_bytes", "<=", 200_000),)
    assert spec.try_configurations[0].depth == 6


def test_schema_is_published() -> None:
    properties = JobSpec.model_json_schema(by_alias=True)["properties"]
    assert set(properties) >= {"name", "model", "task", "try"}


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("nmae", "name"),
        ("tries_", None),
        ("tyr", "try"),
        ("task.txet", "text"),
        ("task.trian_rows", "train_rows"),
        ("training.epoch", "epochs"),
        ("space.rank", "ranks"),
        ("search.samplre", "sampler"),
        ("objectives.bound", "bounds"),
        ("model.anatomy.layrs", "layers"),
        ("model.anatomy.linears.query.bais", "bias"),
        ("zzz", None),
    ],
)
def test_unknown_key_names_the_nearest_known_one(path: str, near: str | None) -> None:
    message = refuse(change(path, 1))
    assert f"got unknown key {path!r}" in message
    if near is None:
        assert message.endswith(("remove it", "?"))
    else:
        assert near in message.split("; got")[0]
        assert message.endswith(f"did you mean {near!r}?")


def test_a_long_unknown_key_leaves_room_for_those_that_are_known() -> None:
    assert len(refuse(change(f"task.{'x' * 500}", 1))) < 390


def test_a_budget_may_be_written_in_minutes() -> None:
    assert make_spec(budget={"trials": 8, "minutes": 90}) == make_spec(
        budget={"trials": 8, "hours": 1.5}
    )
    both = refuse(change("budget", {"hours": 1, "minutes": 30}))
    assert "expected hours or minutes under [budget]; got both" in both
    for wrong in ("8 min", True):
        told = refuse(change("budget", {"minutes": wrong}))
        assert f"expected a number as minutes under [budget]; got {wrong!r}" in told
    assert "budget.hours: a number above 0" in refuse(change("budget", {"minutes": 0}))


def test_misspelt_required_key_is_reported_as_unknown_not_as_missing() -> None:
    data = change("model", {"pth": "model"})
    assert "did you mean 'path'?" in refuse(data)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("name", "a b", "[A-Za-z0-9]"),
        ("name", "", "got ''"),
        ("seed", -1, "seed: a whole number of at least 0; got -1"),
        ("budget.trials", 0, "budget.trials: a whole number of at least 1; got 0"),
        ("budget.hours", 0, "a number above 0"),
        ("budget", {}, "a budget of trials or hours"),
        ("budget", 5, "budget"),
        ("task.kind", "ranking", "'classification', 'regression'"),
        ("task.metric", "pearson", "a metric of classification among accuracy, f1, matthews"),
        ("task.text", ["a", "b", "c"], "a text column, or two for pairs"),
        ("task.text", 5, "a text column, or two for pairs"),
        ("task.text", [], "a text column, or two for pairs"),
        ("task.train_rows", 3, "task.train_rows: a whole number of at least 16"),
        ("task.test_fraction", 0.5, "a number below 0.5"),
        ("training.epochs", float("nan"), "training.epochs: a number above 0 and at most 1000"),
        ("training.epochs", [1, 0], "a number above 0 and at most 1000, or a list of such"),
        ("training.epochs", [], "or a list of such to search; got []"),
        ("training.epochs", [[1], [2]], "or a list of such to search"),
        ("training.batch_size", 2.5, "training.batch_size: a whole number from 1 to 4096"),
        ("training.batch_size", [8, True], "a whole number from 1 to 4096"),
        ("training.batch_size", None, "a whole number from 1 to 4096"),
        ("training.batch_size", "16", "a whole number from 1 to 4096"),
        ("training.dropout", 1.0, "training.dropout: a number from 0 to 0.9"),
        ("training.dropout", 10**400, "training.dropout: a number from 0 to 0.9"),
        ("training.weight_decay", float("inf"), "a finite number"),
        ("space.preset", "Strata", "'methods', 'rank_profile' or 'experts'"),
        ("space.placements", ["al"], "space.placements.0"),
        ("objectives.bounds", ["adapter_bytes >= 3"], "an upper bound on"),
        ("objectives.bounds", ["accuracy <= 3"], "a lower bound on accuracy"),
        ("objectives.bounds", ["adapter_bytes <= 3 parsec"], "a number, plain or with a unit"),
        ("objectives.free_below", "5 lightyears", "a number, plain or with a unit"),
        ("objectives.free_below", "-1", "objectives.free_below of at least 0"),
        ("objectives.worth_up_to", "0", "objectives.worth_up_to above free_below"),
        ("search.sampler", "grid", "'nsga2'"),
        ("model", {}, "model.path: a value; got nothing"),
    ],
)
def test_refused(path: str, value: Any, words: str) -> None:
    assert words in refuse(change(path, value))


def _limits(section: Any, prefix: str = "") -> dict[str, float]:
    """Numbers beyond each limit of a number in the sections of a spec, by key."""
    found: dict[str, float] = {}
    for name, field in section.model_fields.items():
        if inner := section_in(field.annotation):
            found |= _limits(inner, f"{prefix}{name}.") if inner == field.annotation else {}
        for limit in field.metadata:
            for kind, step in (("gt", 0), ("ge", -1), ("lt", 0), ("le", 1)):
                if (value := getattr(limit, kind, None)) is not None:
                    found[f"{prefix}{name}"] = value + step
    return found


@pytest.mark.parametrize(("path", "value"), _limits(JobSpec).items())
def test_each_limit_of_a_number_is_told_in_our_words(path: str, value: float) -> None:
    told = refuse(change(path, value))
    assert re.search(
        rf"expected {path}: a (whole )?number (of at least|of at most|above|below) ", told
    )


def test_missing_section() -> None:
    data = dict(MINIMAL)
    del data["task"]
    assert "task: a value" in refuse(data)


def test_incomplete_spec_has_no_anatomy() -> None:
    with pytest.raises(UserError, match="a spec with its model's anatomy"):
        _ = parse_spec(MINIMAL).anatomy


def test_one_text_column_may_stand_in_a_list() -> None:
    assert parse_spec(change("task.text", ["body"])).task.text_columns == ("body",)


def test_spec_is_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_spec(MINIMAL).name = "other"  # type: ignore[misc]


def where(data: dict[str, Any]) -> list[str]:
    return [mistake.where for mistake in find_mistakes(data)]


def test_all_mistakes_are_found_at_once() -> None:
    data = change("task", {"trian": "x", "max_length": 1, "train": "train.csv"})
    data |= {"name": "a b", "seed": -1, "budget": {"trials": 0}, "modle": {}}
    assert where(data) == ["task.trian", "modle", "name", "seed", "task.max_length"] + [
        "budget.trials"
    ]


def test_the_first_mistake_is_what_parsing_says() -> None:
    data = change("task.trian", "x") | {"name": "a b"}
    first = find_mistakes(data)[0]
    assert refuse(data) == f"expected {first.expected}; got {first.got}; {first.hint}"


def test_key_stands_beside_what_was_expected() -> None:
    (mistake,) = find_mistakes(change("training.epochs", 0))
    assert (mistake.where, mistake.expected, mistake.got, mistake.hint) == (
        "training.epochs",
        "a number above 0 and at most 1000, or a list of such to search",
        "0",
        "correct training.epochs in the job file",
    )


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("task.metric", "pearson", "task.metric"),
        ("task.text", 5, "task.text"),
        ("task.image", "pixels", "task.image"),
        ("budget", {}, "budget.trials"),
        ("budget.hours", 1e300, "budget.hours"),
        ("budget.trials", 10**400, "budget.trials"),
        ("objectives.bounds", ["accuracy <= 3"], "objectives.bounds"),
        ("model.anatomy.hidden", 4, "model.anatomy.family"),
    ],
)
def test_every_mistake_has_a_key(path: str, value: Any, key: str) -> None:
    assert key in where(change(path, value))


def test_right_spec_has_no_mistakes() -> None:
    assert find_mistakes(MINIMAL) == []


@pytest.mark.parametrize("dropout", [0.1, [0.0, 0.1]])
@pytest.mark.parametrize(
    "wanted", [{"cost": "training_memory"}, {"bounds": ["training_memory <= 8 GB"]}]
)
def test_costs_of_a_workload_go_with_searched_training(
    wanted: dict[str, Any], dropout: float | list[float]
) -> None:
    searched = {"batch_size": [8, 16], "epochs": [1, 2], "dropout": dropout}
    spec = make_spec(objectives=wanted, training=searched)
    assert "training_memory" in {spec.objectives.cost, *(bound.name for bound in spec.bounds)}
