"""Job files as text: what is written is read as it was, and what is wrong names its line."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.jobtext import LONGEST, read_text, write_text

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.toml"))
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
SIMPLE = st.one_of(
    WORDS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)
)
DATA = st.dictionaries(
    WORDS,
    st.recursive(
        SIMPLE,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


@given(DATA)
def test_what_is_written_is_read_as_it_was(data: dict[str, Any]) -> None:
    assert read_text(write_text(data) + "# one line at least") == data


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_job_file_is_read_as_python_reads_it(path: Path) -> None:
    data = tomllib.loads(path.read_text("utf-8"))
    assert read_text(path.read_text("utf-8")) == data
    assert tomllib.loads(write_text(data)) == data


def test_json_is_a_job_file_too_and_keeps_shares() -> None:
    read = read_text('\n {"space": {"boundaries": [[0.5, 1.0], [2, 3]]}}')
    shares, layers = read["space"]["boundaries"]
    assert [type(x) for x in (*shares, *layers)] == [float, float, int, int]


def test_lists_stand_on_one_line() -> None:
    modules = [{"technique": "lora", "roles": ["query]", "["]}]
    text = write_text({"bundles": ["a, b", "c"], "pairs": [[0.1, 0.5], []], "modules": modules})
    assert text.splitlines()[:2] == ['bundles = ["a, b", "c"]', "pairs = [[0.1, 0.5], []]"]
    assert read_text(text)["modules"] == modules


def test_what_is_none_is_left_out_but_not_within_a_list() -> None:
    assert write_text({"a": None, "b": {"c": None, "d": 1}}) == "[b]\nd = 1\n"
    with pytest.raises(UserError, match="a value in each place of a list"):
        write_text({"rates": [0.1, None]})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name", 1),
        ("a = 1\nname = ", 2),
        ("\n[model", 2),
        ("a = 1\na = 2", 2),
        ('a = 1\n\nb = "x', 3),
        ("a = [1 2]", 1),
        ("a = 1 b = 2", 1),
        ("a = 1\n" + "b." * 5000 + "c = 1", 2),
        ('{"a": 1,\n "b" 2}', 2),
    ],
)
def test_what_is_wrong_names_its_line(text: str, line: int) -> None:
    with pytest.raises(UserError) as caught:
        read_text(text)
    assert caught.value.where == f"line {line}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "TOML or JSON"),
        ("a = " + "[" * 5000, "without end"),
        ('{"a": ' * 5000, "without end"),
        ("a = " + "9" * 5000, "64 bits"),
        ('{"a": ' + "9" * 5000 + "}", "64 bits"),
        ("#" * (LONGEST + 1), "shorten it"),
    ],
)
def test_what_no_job_file_holds_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_text(text)


@pytest.mark.parametrize("text", ['name = "x"', '{"name": "x"}'])
def test_the_mark_that_editors_put_before_a_text_is_none_of_it(text: str) -> None:
    assert read_text("\ufeff" + text) == {"name": "x"}
