"""How the tests lean on each other: on helpers, never on another test."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("tests", "benchmarks")
FILES = sorted(path for name in FOLDERS for path in ROOT.glob(f"{name}/**/*.py"))


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Full names of the modules, and of what may be modules, that a file imports."""
    return tuple(_find_imports(path))


def _find_imports(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join((*above, *(node.module or "").split("."))).strip(".")
            yield from (f"{source}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_imported_from_a_test_module(path: Path) -> None:
    found = [name for name in imported(path) if is_test_module(name)]
    assert found == [], "move what is shared into a helper module"


def is_test_module(name: str) -> bool:
    """`tests.area.test_x`, or a name from it; `test_`-functions of a package are none."""
    parts = name.split(".")
    places = [i for i, part in enumerate(parts) if part.startswith("test_")]
    return parts[0] == "tests" and any(
        (ROOT / Path(*parts[: i + 1])).with_suffix(".py").is_file() for i in places
    )


def test_tests_import_no_benchmark() -> None:
    guilty = [
        (str(path.relative_to(ROOT)), name)
        for path in FILES
        if path.is_relative_to(ROOT / "tests")
        for name in imported(path)
        if name.startswith("benchmarks")
    ]
    assert guilty == []


def test_an_import_of_a_test_module_is_seen() -> None:
    assert is_test_module("tests.test_structure.imported")
    assert is_test_module("tests.test_structure")
    assert not is_test_module("tests.specs.make_spec")
    assert "tests.specs.make_spec" in set(imported(ROOT / "tests" / "service" / "launches.py"))
