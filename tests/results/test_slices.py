"""Slices through a configuration, as notebooks and the API have them."""

from dataclasses import replace
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.results.beliefs.slice_rows import Slice
from peftsearch.results.beliefs.slices import show_value
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.storage.store import Store
from tests.anatomies import BERT
from tests.conftest import NewDatabase
from tests.service.records import fill_example, fill_repeated


@pytest.fixture(scope="module")
def result(new_sqlite: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    with Store.open(new_sqlite()) as store:
        return load_result(store, fill_repeated(store).job, tmp_path_factory.mktemp("files"))


def test_the_configuration_itself_is_expected_what_tables_say(result: SearchResult) -> None:
    found, picked = result.slices(), result.pick("best")
    assert found is not None and found["key"] == picked.key and not found["nearest"]
    expected = result.expected[picked.key]
    for one in found["slices"]:
        own = [x for x in one["points"] if x["value"] == one["own"]]
        assert [(x["mean"], x["low"], x["high"], x["trained"]) for x in own] == [
            (expected.mean, expected.low, expected.high, True)
        ]


def others(one: Slice) -> list[float]:
    return [x["mean"] for x in one["points"] if x["value"] != one["own"]]


def test_slices_are_named_and_the_largest_effect_stands_first(result: SearchResult) -> None:
    found = result.slices()
    assert found is not None
    by_label = {x["label"]: x for x in found["slices"]}
    assert {"learning rate", "technique", "rank of lora", "matrices"} <= by_label.keys()
    ranks = by_label["rank of lora"]
    assert ranks["values"] == [1, 2, 4, 8, 16, 32] and (ranks["kind"], ranks["log"]) == (
        "number",
        True,
    )
    means = [x["mean"] for x in ranks["points"]]
    assert means == sorted(means)  # the made-up quality rises with it
    spread = [max(y) - min(y) for x in found["slices"] if (y := others(x))]
    assert spread == sorted(spread, reverse=True)
    assert {x["value"] for x in ranks["dots"]} == {1, 2, 4, 8, 16}


def test_costs_and_words_are_those_of_each_point(result: SearchResult) -> None:
    found = result.slices()
    assert found is not None
    ranks = next(x for x in found["slices"] if x["label"] == "rank of lora")
    assert [x["cost"] / ranks["points"][0]["cost"] for x in ranks["points"]] == ranks["values"]
    assert all(f"lora r{x['value']} " in x["words"] for x in ranks["points"])


def test_a_pair_holds_the_slices(result: SearchResult) -> None:
    found, pair = result.slices("knee"), result.pair("size2.0", "roles2", "knee")
    assert found is not None and pair is not None
    ranks = next(x for x in found["slices"] if x["name"] == "size2.0")
    along = {c["x"]: c["mean"] for c in pair["cells"] if c["y"] == pair["y"]["own"]}
    assert along == pytest.approx({x["value"]: x["mean"] for x in ranks["points"]})


def test_a_pair_has_all_its_cells_within_bounds_too(result: SearchResult) -> None:
    """More of one parameter may be within them once another has changed."""
    document = {**result.job.document, "objectives": {"bounds": ["trainable_parameters <= 30K"]}}
    bounded = replace(result, job=replace(result.job, document=document))
    pair = bounded.pair("boundary1", "bundle2", "knee")
    assert pair is not None
    assert {x["x"] for x in pair["cells"]} <= set(pair["x"]["values"])
    assert {x["y"] for x in pair["cells"]} <= set(pair["y"]["values"])
    assert len({(x["x"], x["y"]) for x in pair["cells"]}) == len(pair["cells"])


@pytest.mark.parametrize(("x", "y"), [("rate", "rate"), ("rate", "rank"), ("layer", "rate")])
def test_what_is_no_pair_is_told(result: SearchResult, x: str, y: str) -> None:
    with pytest.raises(UserError, match="expected two parameters among rate"):
        result.pair(x, y)


def test_of_few_trials_nothing_is_said(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    with Store.open(new_sqlite()) as store:
        few = load_result(store, fill_example(store).job, tmp_path)
    assert few.slices() is None and few.pair("rate", "roles0") is None


def test_values_are_written_for_people() -> None:
    assert show_value("roles0", "query+value", BERT) == "q+v"
    assert show_value("rate", 10**-3.125, BERT) == 0.000749894
    assert show_value("size0.0", 8, BERT) == 8
