"""The scripts that decide something, run in a real browser against their originals in Python."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from peftsearch.insight.kind_rows import KindRow, kind_rows
from peftsearch.insight.objective_rows import ObjectiveRow, objective_rows
from peftsearch.results.wording import amount, count, duration, score, size
from peftsearch.service.routes.spec_schema import make_schema
from peftsearch.spaces.jobspec.bounds import write_quantity
from tests.written_scores import BESIDE

from .scripts import call, open_scripts

JSON = ["model.anatomy", "space.configurations", "try"]
KINDS = {
    "name": "text",
    "seed": "integer",
    "model.anatomy": "json",
    "task.kind": "choice",
    "task.text": "columns",
    "task.choices": "columns",
    "task.train_rows": "integer",
    "budget.hours": "number",
    "training.precision": "choice",
    "space.bundles": "strings",
    "space.ranks": "numbers",
    "space.capacities": "ladders",
    "space.placements": "set",
    "space.boundaries": "pairs",
    "space.mask": "boolean",
    "space.learning_rates": "pair",
    "try": "json",
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_scripts() as page:
        yield page


def test_each_field_of_the_schema_has_one_place_and_the_right_widget(page: Page) -> None:
    fields = call(page, "form/fields.js", "fieldsOf", make_schema())
    kinds = {field["where"]: field["kind"] for field in fields}
    assert KINDS.items() <= kinds.items()
    assert [where for where, kind in kinds.items() if kind == "json"] == JSON
    groups = call(page, "form/fields.js", "arranged", fields)
    placed = [field["where"] for group in groups for field in group["fields"]]
    assert sorted(placed) == sorted(kinds)


@pytest.mark.parametrize(
    ("function", "text", "value"),
    [
        ("readPairs", "0.1, 0.5\n2, 3", [[0.1, 0.5], [2, 3]]),
        ("readLadders", "lora = 1, 2\nserial: [8]", {"lora": [1, 2], "serial": [8]}),
    ],
)
def test_what_people_type_becomes_values(
    page: Page, function: str, text: str, value: object
) -> None:
    assert call(page, "form/texts.js", function, text) == value


@pytest.mark.parametrize(
    ("function", "given", "found"),
    [
        ("readNumber", "1e-3", 0.001),
        ("readNumber", "twelve", "twelve"),
        ("readHours", "1.5", 1.5),
        ("readHours", "1e-3", 0.001),
        ("readHours", "30 min", 0.5),
        ("readHours", "1h 30 Minutes", 1.5),
        ("readHours", "2 days", 48),
        ("readHours", "30 parsec", "30 parsec"),
        ("readHours", "half an hour", "half an hour"),
        ("readHours", " ", None),
        ("writeHours", 10 / 60, "10 min"),
        ("writeHours", 2.7, "2 h 42 min"),
        ("writeHours", 0.123, "0.123"),
        ("writeHours", 0, "0"),
        ("writtenBudget", {"trials": 5, "hours": 10 / 60}, {"trials": 5, "minutes": 10}),
        ("writtenBudget", {"hours": 1.5}, {"hours": 1.5}),
    ],
)
def test_numbers_and_times_are_read_and_written(
    page: Page, function: str, given: object, found: object
) -> None:
    assert call(page, "lib/numbers.js", function, given) == found


TIES = [0.78125, 0.03125, 0.71875, 2425, 2435, 1234.5, 12.125, 12500.5, 2.5, 3.5]


LARGE = [9.994e14, 9.996e14, 1e15, 2.5e17, 9.99e17, 2e18, 1.2345e22]


@pytest.mark.parametrize("value", LARGE)
def test_sizes_of_any_height_read_as_on_the_command_line(page: Page, value: float) -> None:
    for name in ("adapter_bytes", "training_flops"):
        assert call(page, "lib/measures.js", "objective", name, value) == amount(name, value)
        text = write_quantity(name, value)
        assert call(page, "lib/measures.js", "parseQuantity", name, text) == value


@pytest.mark.parametrize("value", [0, 7, 0.123456, 999.4, 1000, 332546, 123456789, *TIES])
def test_numbers_read_as_on_the_command_line(page: Page, value: float) -> None:
    assert call(page, "lib/format.js", "count", value) == count(value)
    assert call(page, "lib/format.js", "size", value) == size(value)
    assert call(page, "lib/format.js", "duration", value) == duration(value)


@pytest.mark.parametrize("value", [0.25, 0.45, 0.65, 0.04, 0.96, 59.5, 90.5])
def test_times_read_as_on_the_command_line(page: Page, value: float) -> None:
    assert call(page, "lib/format.js", "duration", value) == duration(value)


@settings(max_examples=300)
@given(
    value=st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9).map(lambda x: x / 64),
    digits=st.integers(0, 6),
)
def test_what_lies_between_two_numbers_is_rounded_as_python_does(
    page: Page, value: float, digits: int
) -> None:
    assert float(call(page, "lib/rounding.js", "fixed", value, digits)) == round(value, digits)
    told = call(page, "lib/rounding.js", "precise", value, digits + 1)
    assert float(f"{told:.12g}") == float(f"{value:.{digits + 1}g}")


SMALL = [0.00004, -0.00004, 1.04e-9, 0.0001, 0.00009996, -1234.5]


@pytest.mark.parametrize("value", [*TIES, *SMALL])
def test_a_score_reads_as_on_the_command_line(page: Page, value: float) -> None:
    assert call(page, "lib/format.js", "score", value) == score(value)


@pytest.mark.parametrize(("value", "beside", "text"), BESIDE)
def test_a_difference_reads_as_on_the_command_line(
    page: Page, value: float, beside: float, text: str
) -> None:
    told = call(page, "lib/format.js", "scoreBeside", value, beside)
    assert told == text


@pytest.mark.parametrize("row", objective_rows(), ids=lambda row: row["name"])
def test_a_measure_is_written_by_its_row(page: Page, row: ObjectiveRow) -> None:
    name, whole = row["name"], 1_234_567
    written = {"score": "1,234,567", "size": size(whole), "duration": duration(whole)}
    counted = f"1.23 M{row['unit']}" if row["unit"] else count(whole)
    assert call(page, "lib/measures.js", "objective", name, whole) == written.get(
        row["style"], counted
    )
    assert call(page, "lib/measures.js", "noun", name) == row["label"]
    assert call(page, "lib/measures.js", "isCost", name) == (row["style"] != "score")


@pytest.mark.parametrize("row", kind_rows(), ids=lambda row: row["name"])
def test_a_kind_reads_its_columns_alone(page: Page, row: KindRow) -> None:
    """The first set has usual names; any other may stand in its place."""
    usual = dict(row["columns"][0])
    every = {name for other in kind_rows() for columns in other["columns"] for name in columns}
    own = {name for columns in row["columns"] for name in columns}
    for name in every:
        where = f"task.{name}"
        assert call(page, "form/wording.js", "isRead", where, row["name"]) == (name in own)
        assert call(page, "form/wording.js", "usualColumn", where, row["name"]) == usual.get(name)
    assert call(page, "form/wording.js", "choiceWords", "task.kind", row["name"]) == row["title"]
