"""The commands that pages and examples show are commands, with options that they have."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from peftsearch.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(x for x in sorted((ROOT / "docs").rglob("*.md")) if x.name != "cli.md"),
    *sorted((ROOT / "examples").glob("*.toml")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]
_SPAN = re.compile(r"`(?:time )?(?:\.venv/bin/)?peftsearch ([^`]+)`")
_LINE = re.compile(r"^(?:#  +)?(?:.*&& )?(?:\.venv/bin/)?peftsearch (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"  +#.*| && .*")


def shown(page: str) -> Iterator[list[str]]:
    """The words after `peftsearch` of each command that a page shows."""
    blocks = re.split(r"^```.*$", page, flags=re.MULTILINE)
    for number, block in enumerate(blocks):
        found = _LINE.findall(block) if number % 2 or len(blocks) == 1 else _SPAN.findall(block)
        for text in found:
            yield shlex.split(_COMMENT.sub("", text))


def mistakes(words: list[str]) -> list[str]:
    """What no command, or not this one, has."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    context = typer.Context(group, info_name="peftsearch")
    known = {option for x in group.params for option in x.opts} | {"--help"}
    command = next((x for x in words if not x.startswith("-")), None)
    if command is not None:
        found = group.get_command(context, command)
        if found is None:
            return [command]
        known |= {option for x in found.params for option in x.opts}
    return [x for x in words if x.startswith("--") and x.partition("=")[0] not in known]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_on_a_page_are_commands(page: Path) -> None:
    assert [
        bad for words in shown(page.read_text(encoding="utf-8")) for bad in mistakes(words)
    ] == []


def test_commands_are_found_and_wrong_ones_noticed() -> None:
    block = "peftsearch run x --wrokers 2   # so\npeftsearch --debug run x\n"
    page = f"Text `peftsearch runs x`.\n\n```sh\n{block}```\n"
    assert [bad for words in shown(page) for bad in mistakes(words)] == ["runs", "--wrokers"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"demo", "dashboard", "run", "front", "export", "confirm"} <= {
        x[0] for x in shown(readme)
    }
