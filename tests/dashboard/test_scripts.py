"""The scripts that decide something, run in a real browser against their originals in Python."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from peftsearch.results.wording import count, duration, size
from peftsearch.service.routes.spec_schema import make_schema

from .scripts import call, open_scripts

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
ODD = """
# every form that a job file may have
name = 'single \\ quoted'
seed = 1_000
[model]
path = "a\\u00e9\\n\\"b\\"" # a comment
"quoted key" = true
nested.key = -0.5
[space]
boundaries = [[0.1, 0.5], [0.5, 1.0], [2, 3]]
bundles = [
  "lora", # one
  "bitfit",
]
[space.capacities]
lora = [1, 2]
empty = []
[[try]]
strata = [{ start = 0, modules = [{ technique = "lora" }] }, {}]
[[try]]
learning_rate = 1e-3
"""
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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_job_file_survives_the_form(page: Page, path: Path) -> None:
    spec = tomllib.loads(path.read_text("utf-8"))
    assert call(page, "form/tomlread.js", "readToml", path.read_text("utf-8")) == spec
    assert tomllib.loads(call(page, "form/toml.js", "writeToml", spec)) == spec


def test_toml_is_read_as_python_reads_it(page: Page) -> None:
    read = call(page, "form/tomlread.js", "readToml", ODD)
    assert read == tomllib.loads(ODD)
    shares = read["space"]["boundaries"][1]
    assert [type(value) for value in shares] == [float, float]


@pytest.mark.parametrize(
    "text", ["name", "name = ", "[model", "a = 1\na = 2", 'a = "x', "a = [1 2]", "a = 1 b = 2"]
)
def test_toml_that_is_wrong_names_its_line(page: Page, text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)
    with pytest.raises(Exception, match=r"line \d+: "):
        call(page, "form/tomlread.js", "readToml", text)


def test_each_field_of_the_schema_has_one_place_and_the_right_widget(page: Page) -> None:
    fields = call(page, "form/fields.js", "fieldsOf", make_schema())
    kinds = {field["where"]: field["kind"] for field in fields}
    assert KINDS.items() <= kinds.items()
    assert [where for where, kind in kinds.items() if kind == "json"] == ["model.anatomy", "try"]
    groups = call(page, "form/fields.js", "arranged", fields)
    placed = [field["where"] for group in groups for field in group["fields"]]
    assert sorted(placed) == sorted(kinds)


@pytest.mark.parametrize(
    ("function", "text", "value"),
    [
        ("readNumber", "1e-3", 0.001),
        ("readNumber", "twelve", "twelve"),
        ("readPairs", "0.1, 0.5\n2, 3", [[0.1, 0.5], [2, 3]]),
        ("readLadders", "lora = 1, 2\nserial: [8]", {"lora": [1, 2], "serial": [8]}),
    ],
)
def test_what_people_type_becomes_values(
    page: Page, function: str, text: str, value: object
) -> None:
    assert call(page, "form/texts.js", function, text) == value


@pytest.mark.parametrize("value", [0, 7, 0.123456, 999.4, 1000, 332546, 123456789])
def test_numbers_read_as_on_the_command_line(page: Page, value: float) -> None:
    assert call(page, "lib/format.js", "count", value) == count(value)
    assert call(page, "lib/format.js", "size", value) == size(value)
    assert call(page, "lib/format.js", "duration", value) == duration(value)
