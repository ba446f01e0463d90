"""No regular expression on text of users may look twice at a letter, however long the text is.

Those of `pattern=`, which checks requests and specs, are compiled by Rust and never do. Ours must
not give back what an endless repeat has taken (`*+`, `++`), and are matched from the text's
beginning alone, since a search begins anew at each letter.
"""

import ast
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import PeftsearchError
from peftsearch.jobs.confinement import Confinement
from peftsearch.results.picks.pick import choose
from peftsearch.spaces.jobspec.bounds import Bound, parse_quantity
from peftsearch.spaces.jobspec.jobtext import read_text
from peftsearch.workers.data.sources import read_source
from peftsearch.workers.models.locations import locate_model
from tests.specs import make_spec

parser: Any = importlib.import_module("re._parser")
codes: Any = importlib.import_module("re._constants")
ROOT = Path(__file__).parents[1]
FOLDERS = ("peftsearch", "search", "spaces", "storage", "workers")
OF_OUR_OWN_TEXT = {
    "peftsearch/dashboard/assets.py",
    "peftsearch/dashboard/joined.py",
    "peftsearch/dashboard/scripts.py",
    "peftsearch/doctor/versions.py",
    "peftsearch/samples/dinov2.py",
    "peftsearch/service/descriptions.py",
    "workers/runtime/machine_faults.py",
}
"""They read files and messages of packages, and nothing that a user wrote."""
OF_TABLES = "workers/data/"
"""They read cells and names of files, in the worker that the data is for."""
FROM_THE_BEGINNING = ("compile", "fullmatch", "match", "escape")
SEARCHING = ("search", "split", "sub", "subn", "findall", "finditer")


def calls() -> Iterator[tuple[str, str, str | None]]:
    """File, function of `re`, and pattern where the call names one, of all that users reach."""
    paths = [path for folder in FOLDERS for path in ROOT.glob(f"{folder}/**/*.py")]
    for path in paths:
        name = str(path.relative_to(ROOT))
        if name in OF_OUR_OWN_TEXT or name.startswith(OF_TABLES):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, first = node.func.value, node.args[0] if node.args else None
                if isinstance(owner, ast.Name) and owner.id == "re":
                    text = first.value if isinstance(first, ast.Constant) else None
                    yield name, node.func.attr, text if isinstance(text, str) else None


def returning(parsed: Any) -> Iterator[str]:
    """Endless repeats of a pattern that give back what they took."""
    for code, value in parsed:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and value[1] == codes.MAXREPEAT:
            yield str(code)
        for part in value if isinstance(value, tuple | list) else (value,):
            for inner in part if isinstance(part, list) else (part,):
                if isinstance(inner, parser.SubPattern):
                    yield from returning(inner)


def test_no_pattern_goes_back_over_a_text_of_users() -> None:
    found = list(calls())
    assert len(found) >= 7
    for path, function, pattern in found:
        assert pattern is not None, f"{path}: a pattern that is no plain text"
        repeats = list(returning(parser.parse(pattern)))
        assert repeats == [], f"{path}: {pattern!r} may go back: write *+ or ++"
        endless = "+" in pattern or "*" in pattern
        assert function in FROM_THE_BEGINNING or not endless, f"{path}: {pattern!r} is searched"


def test_patterns_that_go_back_are_seen() -> None:
    for pattern in (r"\s*(\w+)\s*", "(a(b|c+)?)*+", "(?:a.*?)"):
        assert list(returning(parser.parse(pattern))) != []
    assert list(returning(parser.parse(r"\s*+(\w++){1,9}x?"))) == []


N = 100_000
LONG = [
    f"accuracy{' ' * N}",
    f"accuracy{' ' * N}<=",
    f"accuracy <= 1{' ' * N}x",
    f"accuracy where {' ' * N}",
    f"accuracy where x{' ' * N}and{' ' * N}!",
    f"trial{' ' * N}x",
    "1" * N + "!",
    "1_" * N,
    "1e" * N,
    "a" * N + "!",
    "a." * N + "/",
    "package:" + "a-" * N,
    "a/" * N,
    f"['{' ' * N}']\n['{' ' * N}']",
    "," * N,
    "and " * N,
    "<" * N,
]


CANDIDATE: Any = object()
READERS: dict[str, Callable[[str], object]] = {
    "bound": Bound.parse,
    "quantity": lambda text: parse_quantity("adapter_bytes", text),
    "pick": lambda text: choose(text, make_spec(), [CANDIDATE], [], lambda n: None),
    "job file": read_text,
    "model": locate_model,
    "data": lambda text: read_source(text[: 1 << 16], None, ()),
    "confinement": lambda text: Confinement((ROOT,)).check(
        make_spec().model_copy(
            update={"model": make_spec().model.model_copy(update={"path": text})}
        ),
        ROOT,
    ),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
def test_a_long_text_is_read_or_refused_at_once(reader: Callable[[str], object]) -> None:
    """Where time grew as the square of the length, each of them took minutes."""
    for text in LONG:
        try:
            reader(text)
        except (PeftsearchError, OSError) as error:
            assert "\n" not in str(error)
