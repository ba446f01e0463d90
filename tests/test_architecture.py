"""The pages on the house say what the house is: picture, tables, paths, names of tests."""

import ast
import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|js|toml|md|css))`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_ROOTS = ("", "peftsearch", "peftsearch/dashboard", "peftsearch/dashboard/static", "docs")
"""Where a path on a page may begin."""


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "write_architecture.py"))


def test_picture_and_tables_are_what_the_imports_say(script: dict[str, Any]) -> None:
    house, hint = script["House"](), "run scripts/write_architecture.py"
    assert script["PICTURE"].read_text(encoding="utf-8") == script["draw"](house), hint
    for path, deep in script["PAGES"].items():
        page = path.read_text(encoding="utf-8")
        table = script["tabulate"](house, deep)
        assert table in page, hint
        assert script["fill"](page, table) == page


def test_an_arrow_that_a_longer_way_says_is_not_drawn(script: dict[str, Any]) -> None:
    arrows = {"top": {"middle", "low"}, "middle": {"low"}, "low": set()}
    assert script["reduce"](arrows) == {"top": {"middle"}, "middle": {"low"}, "low": set()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    found = _PATH.findall(page.read_text(encoding="utf-8"))
    named = {x for x in found if "NAME" not in x}
    missing = {x for x in named if not any((ROOT / root / x).exists() for root in _ROOTS)}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """The site's build looks at those in `docs/` too; a forge also shows what is not in it."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [x for x in links if not (page.parent / x).exists()] == []


def test_every_decision_is_listed_with_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", index, flags=re.MULTILINE)
    pages = [x for x in sorted(folder.glob("*.md")) if x.name != "README.md"]
    titles = [x.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for x in pages]
    assert listed == list(zip(titles, [x.name for x in pages], strict=True)), (
        "run scripts/write_decisions_index.py"
    )
    numbers = [x.name[:4] for x in pages]
    assert len(set(numbers)) == len(numbers)
    assert all(title.startswith(f"{n}: ") for title, n in zip(titles, numbers, strict=True))


def test_every_promise_names_a_test_that_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    promises = page.partition("## Who keeps which promise")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][1:]
    found = [_TEST.search(row) for row in rows]
    assert len(found) > 10 and all(found), "each row names a test"
    missing = [x[0] for x in found if x and x[2] not in _functions(ROOT / x[1])]
    assert missing == []


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(x.name for x in ast.walk(tree) if isinstance(x, ast.FunctionDef))
