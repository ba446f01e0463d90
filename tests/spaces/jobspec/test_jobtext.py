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


YAML = """# a comment: first
name: mine
model: {path: "demo:model"}
search:
  seed: 010
  boundaries: [[0.5, 1.0], [2, 3]]
  rates: [1e-3, .5, -1.0E+2, .inf]
  words: [no, 12:30, 2024-01-01, 1_000]
  others: [true, ~, null]
  none:
"""


def test_yaml_is_a_job_file_too_by_its_newer_rules() -> None:
    """The older ones make a text of 1e-3, False of no, 750 of 12:30, and 8 of 010."""
    search = read_text(YAML)["search"]
    shares, layers = search["boundaries"]
    assert [type(x) for x in (*shares, *layers)] == [float, float, int, int]
    assert (search["seed"], search["rates"]) == (10, [0.001, 0.5, -100.0, float("inf")])
    assert search["words"] == ["no", "12:30", "2024-01-01", "1_000"]
    assert (search["others"], search["none"]) == ([True, None, None], None)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: &x 1\nb: *x", "line 2", "the alias x"),
        ("a: 1\nb: {a: 1, a: 2}", "line 2", "'a' twice"),
        ("a: 1\n2: 3", "line 2", "the key 2, no text"),
        ("a: {<<: {b: 1}, ~: 2}", "line 1", "the key None, no text"),
        ("a: !!set {x}", "line 1", "the tag tag:yaml.org,2002:set"),
        ("a: !!python/object:os.system x", "line 1", "the tag tag:yaml.org,2002:python"),
        ("a: 1\nb: [1", "line 2", "expected ',' or ']'"),
        ("a: 1\n\tb: 2", "line 2", "cannot start any token"),
        ("---\na: 1\n---\nb: 2", "line 3", "another document"),
        ("a: 1\nb: \x00", "line 2", r"a character it has not, '\x00'"),
        ("---\n- 1", "", "list"),
        ("---", "", "nothing"),
        (f"a: {'9' * 6000}", "", "4300 digits"),
        (f"a: {'[' * 3000}", "", "more than 50 lists"),
    ],
)
def test_yaml_that_is_no_plain_data_is_one_line(text: str, line: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_text(text)
    assert said in caught.value.got
    assert (caught.value.where or "") == line


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
        (" \n", "TOML, YAML or JSON"),
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
