"""What no message may do, whatever text a person or a library gave."""

import ast
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peftsearch
from peftsearch.api import to_url
from peftsearch.errors import StoreUnavailable, UserError
from peftsearch.message_text import (
    LONGEST_MESSAGE,
    LONGEST_PATH,
    LONGEST_VALUE,
    as_line,
    count_edits,
    one_line,
    printable,
    show,
    suggest,
    trace,
)
from peftsearch.passwords import hide
from peftsearch.storage.connection import describe, parse_url
from peftsearch.workers.training.trial_failures import classify

LETTERS = "ab'\"\\ \n://@?=&.%\U0001f600"
PASSWORD = "Horse99"


def messages(text: str) -> list[str]:
    """That text in a message of each kind."""
    error = UserError(text, f"{text!r} in it", "correct it")
    failures = [classify(RuntimeError(text)), classify(error), StoreUnavailable(text, text)]
    return [*map(str, failures), str(error), repr(error)]


@given(st.text(LETTERS, max_size=400) | st.text(max_size=400))
@settings(max_examples=60)
def test_a_message_is_one_line_of_short_values(text: str) -> None:
    for message in messages(text):
        assert "\n" not in message
    for word in UserError(text, text, "").got.split():
        assert len(word) <= (LONGEST_PATH if "/" in word else LONGEST_VALUE)


@pytest.mark.parametrize("unit", ["a", "'", '"', "\\'", "://", "a://:", "' '"])
def test_a_text_of_any_length_takes_no_time(unit: str) -> None:
    started = time.process_time()
    error = UserError(unit * 100_000, f"{unit}  " * 15_000, "correct it")
    assert len(str(error)) < 3 * LONGEST_MESSAGE
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:{}@host/db",
        "postgresql+psycopg://u:a@{}@host/db",
        "postgresql://u:a:{}/b@host:5432/db",
        "postgresql://host/db?user=u&password={}",
        "postgresql://host/db?sslpassword={}&user=u",
        "https://u:{}@host/x",
        "postgresql:///db?user=u&password={}@cret&host=/tmp",
        "postgresql:///db?user=u&pass%77ord={}",
        "postgresql:///db?user=u&password={}'more",
        "postgresql://u@host/db?options=-c%20password%3D{}",
        "postgresql://host/db?dbname=password%3D{}",
    ],
)
def test_a_password_is_in_no_message(url: str) -> None:
    filled = url.format(PASSWORD)
    for text in (filled, repr(filled), f"no {filled}, but another", f"{'x' * 99}={filled}"):
        for message in (*messages(text), hide(text)):
            assert PASSWORD not in message
            assert "***" in message


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://user:my Horse99@h",
        "no postgresql://user:my Horse99 it's@h/db here",
        "postgresql+psycopg://user:my 1 2 Horse99@h?x=1 for mail@example.org",
        "url=postgresql://user:my Horse99@h",
        "postgresql:user:my Horse99@h",
        "https://user:my Horse99@h/x",
        "host=h password='a Horse99 b' user=u",
        'connect(host="h", password="a Horse99 b", user="u")',
        r"password='a\' Horse99'",
        "password='a Horse99",
        "user:Horse99@host",
        "user:Horse99@host:5432/db is no file",
        "--storage=user:Horse99@host",
        "'user:my Horse99@host'",
        "('user:Horse99@host',)",
        "no file 'of user:Horse99@host'",
        "//user:Horse99@host/db",
        "user:Horse@99Horse99@host",
    ],
)
def test_a_password_with_spaces_or_without_a_scheme_is_hidden(text: str) -> None:
    for message in (*messages(text), hide(text), hide(f"first\n{text}\nlast")):
        assert PASSWORD not in message
        assert "***" in message
    for kept in ("here", "for mail@example.org", "user=", "is no file", "first\n", "\nlast"):
        assert kept not in text or kept in hide(text)


def test_lines_are_read_apart() -> None:
    text = "postgresql://user:abc\nask mail@example.org"
    assert hide(text) == text


SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "PostgreSQL", "mysql", "postgresqll")
MARKS = (":", ":/", "://", ":///", "//", "/", "\\", ":\\\\", "::", ";//", "", ":://", "=")


@given(
    st.sampled_from(SCHEMES),
    st.sampled_from(MARKS),
    st.sampled_from(["u", "a.b", "a%40b"]),
    st.sampled_from([":", "%3A", "%3a", "%253A", "/", ";", "::", "@"]),
    st.text("ab@:/%\\", max_size=3),
    st.sampled_from(["", "'", "x=", "("]),
)
@settings(max_examples=300)
def test_a_misspelt_url_of_a_database_shows_no_password(
    scheme: str, mark: str, user: str, colon: str, letters: str, before: str
) -> None:
    url = f"{before}{scheme}{mark}{user}{colon}{letters}{PASSWORD}{letters}@host/db"
    for text in (url, repr(url), show(url), show([url])):
        for message in (*messages(text), hide(text)):
            assert PASSWORD not in message
    for read in (parse_url, lambda text: parse_url(to_url(text))):
        try:
            found = describe(read(url))
        except UserError as error:
            found = f"{error} {error!r}"
        assert PASSWORD not in found


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://user@host/db",
        "postgresql://host/db",
        "ask a@b of postgres",
        "ask mail@example.org at 12:30 or 12:30@office",
        "mailto:mail@example.org, 'to: a@b', from:a@b",
        r"C:\Users\me@corp\x and C:/Users/me@corp and D:a\b",
        "git@github.com:owner/name.git",
        "no http://127.0.0.1:8321/jobs for mail@example.org",
        "cannot open postgresql://host:5432/db: ask mail@example.org",
        "package:name@1.2 and {'a':'b@c'}",
        "x='it is' and y=\"a 'b' c\" at a@b",
        "expected: this; got 'that: one' by a@b",
    ],
)
def test_what_holds_no_password_is_whole(text: str) -> None:
    assert hide(text) == text


@pytest.mark.parametrize("before", range(0, 90, 7))
def test_a_password_that_is_cut_leaves_no_half(before: int) -> None:
    """Of the two ends of a long value neither shows what is a URL's no more."""
    url = f"postgresql://{'u' * before}:{PASSWORD * 12}@host/{'d' * 90}"
    for value in (url, [url], {"a": url}, {url: 1}, Path(url), {"a": [{"b": url}]}):
        for text in (show(value), UserError(f"a {value}", f"{value!r}", "").got):
            assert not any(PASSWORD[i : i + 3] in text for i in range(5)), text


def test_a_trace_is_whole_but_for_passwords() -> None:
    try:
        raise ValueError(f"no postgresql://u:{PASSWORD}@host")
    except ValueError as error:
        found = trace(error)
    assert PASSWORD not in found
    assert "    raise ValueError(f" in found and "no postgresql://u:***@host\n" in found


def test_a_value_keeps_its_beginning_and_its_end() -> None:
    path = "/home/" + "deep/" * 1000 + "train.csv"
    got = UserError("a file", f"no file {path!r}", "check the path").got
    assert re.fullmatch(r"no file '/home/deep/.*\.\.\..*/train\.csv'", got)
    assert len(got) == len("no file ") + LONGEST_PATH


def test_prose_with_apostrophes_is_no_value() -> None:
    text = "the model's own " + "words and " * 20 + "the task's own"
    assert UserError(text, "", "").expected == text


@pytest.mark.parametrize(
    "value", ["x" * 5000, list(range(5000)), {"a" * 5000: "b" * 5000}, 10**4000, [[[[[[[[1]]]]]]]]]
)
def test_any_value_is_shown_short(value: Any) -> None:
    assert len(show(value)) <= LONGEST_VALUE


def test_endless_values_are_shown() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert len(show(deep)) <= LONGEST_VALUE


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("lroa", ["road", "lora", "dora"], "lora"),
        ("lroa", ["road", "dora"], None),
        ("trian", ["train", "test"], "train"),
        ("Label", ["labels", "label"], "label"),
        ("lable", ["text", "label"], "label"),
        ("valdiation_split", ["validation", "validation_split"], "validation_split"),
        ("team", ["text", "seam"], "seam"),
        ("ab", ["ba", "bc"], "ba"),
        ("rank", ["rate", "band"], None),
        ("q" * 100_000, ["lora"], None),
    ],
)
def test_a_hint_names_what_is_truly_near(name: str, known: list[str], meant: str | None) -> None:
    found = suggest(name, known, "correct it")
    assert found == ("correct it" if meant is None else f"did you mean {meant!r}?")


@given(st.text("abcd", max_size=7), st.text("abcd", max_size=7))
@settings(max_examples=60)
def test_edits_are_counted_alike_from_both_ends(left: str, right: str) -> None:
    edits = count_edits(left, right)
    assert edits == count_edits(right, left) == count_edits(left[::-1], right[::-1])
    assert abs(len(left) - len(right)) <= edits <= max(len(left), len(right))
    assert (edits == 0) == (left == right)


@pytest.mark.parametrize(
    "path",
    [
        "/srv/" + "a deep folder/" * 9 + "train.csv",
        "runs/" + "deep/" * 30 + "train.csv",
        "sqlite:////srv/" + "deep/" * 30 + "jobs.db",
    ],
)
def test_a_path_that_can_be_copied_is_whole(path: str) -> None:
    error = UserError(f"a file {path!r}", f"no file {path!r}", "correct it")
    assert path in error.got and path in error.expected and path in show(path)
    assert path in show(Path(path)) or path.startswith("sqlite")


def test_a_terminal_obeys_no_message() -> None:
    text = "a\x1b[2Jb\x00\x9b\tc\n"
    assert one_line(text) == r"a\x1b[2Jb\x00\x9b c"
    assert as_line(text) == r"a\x1b[2Jb\x00\x9b c"
    assert printable("one\ntwo\tthree é 漢") == "one\ntwo\tthree é 漢"


def test_of_one_letter_nothing_is_suggested_that_is_not_there() -> None:
    assert suggest("5", ["message", "team"], "correct it") == "correct it"
    assert suggest("a", ["ab", "c"], "correct it") == "did you mean 'ab'?"


DOORS = ("cli", "dashboard", "doctor", "service")
"""Rooms that may speak of options of a command line: nothing else raises what they raise."""
_OPTION = re.compile(r"(?:^|\s)--[a-z]")
_COMMAND = re.compile(r"`[^`]*`|pip install .*|==\{\} .*")


def find_options(path: Path) -> list[str]:
    """Sentences of a module that name an option, but within a whole command; no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(x.value) for x in ast.walk(tree) if isinstance(x, ast.Expr)}
    parts = {id(y) for x in ast.walk(tree) if isinstance(x, ast.JoinedStr) for y in x.values}
    found = [_read(x) for x in ast.walk(tree) if id(x) not in bare | parts]
    told = (_COMMAND.sub("", x) for x in found if " " in x)
    return [x for x in told if _OPTION.search(x)]


def _read(node: ast.AST) -> str:
    """A text, with `{}` for what is filled in; empty of anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_read(x) or "{}" for x in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_what_python_may_raise_names_no_option_of_the_command_line() -> None:
    """`result.pick("x")` cannot be corrected by an option."""
    root = Path(peftsearch.__file__).parent
    rooms = (x for x in root.iterdir() if x.is_dir() and x.name not in DOORS)
    files = [root / "api.py", *(y for x in rooms for y in x.rglob("*.py"))]
    assert len(files) > 300
    guilty = {str(x): found for x in files if (found := find_options(x))}
    assert guilty == {}


def test_an_option_in_a_message_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("x = f'name {1} another with --out'\ny = 'run `a --b`'\n'a --docstring'\n")
    assert find_options(module) == ["name {} another with --out"]
