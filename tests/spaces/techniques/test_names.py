"""No code asks which technique it has: rows say what there is to know."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import peftsearch
from peftsearch.spaces.techniques.table import TECHNIQUES

ROOT = Path(peftsearch.__file__).parent
RECIPES = {"search/recipe_trials.py"}
"""Known good configurations that come first, where the space has what they need."""


def _asked(tree: ast.AST) -> Iterator[ast.expr]:
    """What is compared, matched, or looked for at an end of a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.MatchValue):
            yield node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("startswith", "endswith", "removeprefix", "removesuffix"):
                yield from node.args


def _words(asked: ast.expr) -> Iterator[str]:
    for node in ast.walk(asked):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _names_of_techniques(source: str) -> set[str]:
    names = set(TECHNIQUES.own)
    starts = {name[: name.index("_") + 1] for name in names if "_" in name}
    return {word for x in _asked(ast.parse(source)) for word in _words(x)} & (names | starts)


def test_no_code_asks_for_a_technique_by_name() -> None:
    paths = [Path(x, name) for x, _, names in os.walk(ROOT, followlinks=True) for name in names]
    sources = [path for path in paths if path.suffix == ".py"]
    assert ROOT / "workers" / "adapters" / "masks.py" in sources
    asking = (x for x in sources if _names_of_techniques(x.read_text(encoding="utf-8")))
    assert {str(path.relative_to(ROOT)) for path in asking} == RECIPES


def test_asking_is_noticed() -> None:
    assert _names_of_techniques("x = [n for n in y if n == 'lora']") == {"lora"}
    assert _names_of_techniques("used <= exported | {'bitfit'}") == {"bitfit"}
    assert _names_of_techniques("name.startswith('sparse_')") == {"sparse_"}
    assert _names_of_techniques("recipe('lora')") == set()
