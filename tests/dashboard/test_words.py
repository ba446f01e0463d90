"""What the scripts know by heart of the tables in Python: each copy is held to its original."""

import json
import re
from typing import Any

import pytest

from peftsearch.dashboard.assets import FOLDER
from peftsearch.results.wording import ORIGINS
from peftsearch.service.routes.spec_schema import make_schema
from peftsearch.spaces.space.presets import PRESETS
from peftsearch.spaces.techniques.technique import GROUPS


def read_table(script: str, name: str) -> Any:
    """A constant of a script: an object of texts, lists and objects, without code."""
    source = (FOLDER / script).read_text("utf-8")
    match = re.search(
        rf"^(?:export )?const {name} = ([{{\[].*?[}}\]]);$", source, re.DOTALL | re.M
    )
    assert match, f"{script} has no {name}"
    quoted = re.sub(r"([{,]\s*)([A-Za-z_]\w*):", r'\1"\2":', match[1])
    return json.loads(re.sub(r",(\s*[}\]])", r"\1", quoted))


def schema_keys() -> set[str]:
    """Dotted keys of all fields and sections of a job spec."""
    schema = make_schema()
    found = set()
    for name, node in schema["properties"].items():
        found.add(name)
        section = schema["$defs"].get(node.get("$ref", "").split("/")[-1], {})
        found |= {f"{name}.{inner}" for inner in section.get("properties", {})}
    return found


@pytest.mark.parametrize("table", ["TITLES", "UNITS", "HELP", "KINDS"])
def test_words_are_about_fields_that_exist(table: str) -> None:
    assert set(read_table("form/wording.js", table)) <= schema_keys()


def test_groups_name_fields_that_exist() -> None:
    named = {x for group in read_table("form/wording.js", "GROUPS") for x in group["fields"]}
    assert {x for x in named if "*" not in x} <= schema_keys()
    assert "*" in named


def test_every_choice_has_words() -> None:
    options = read_table("form/wording.js", "OPTIONS")
    schema = make_schema()["$defs"]
    assert set(options["space.preset"]) == set(PRESETS)
    for key, section in (("search.sampler", "SearchSpec"),):
        assert list(options[key]) == schema[section]["properties"][key.split(".")[1]]["enum"]


def test_what_loads_ends_in_no_point_before_the_dots_of_its_style() -> None:
    source = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.js"))
    told = re.findall(r'class: "(?:\w+ )?loading" \}, ("[^"]*"|\w+)', source)
    assert len(told) >= 3
    assert all(x.startswith('"') and x[-2] not in ".…" for x in told if x != "options"), told


def test_every_group_of_techniques_has_a_mark_and_colours() -> None:
    styles = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.css"))
    marks = re.findall(r'\.swatch\[data-group="(\w+)"\]::before \{ content: "(.)"; \}', styles)
    assert [name for name, _ in marks] == list(GROUPS)
    assert len({mark for _, mark in marks}) == len(GROUPS)
    for name in GROUPS:
        for needed in (f"--tech-{name}:", f"--tech-on-{name}:", f'.tech[data-group="{name}"]'):
            assert needed in styles


def test_origins_are_told_as_in_the_terminal() -> None:
    assert read_table("lib/format.js", "ORIGINS") == ORIGINS
