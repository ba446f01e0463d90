"""Recipes of `docs/extending.md`: the code blocks of a section, laid out and run as they stand."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.relay import relayed

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "extending.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\A(?:# file:|---) (\S+)\n")
_WARM = "-W 'ignore:Module already imported:pytest.PytestAssertRewriteWarning'"
"""For pytest, which wants to load all plug-ins itself; some are among the libraries."""
_SOURCES = ("peftsearch", "search", "spaces", "storage", "workers", "tests")


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        language: `python`, `toml`, `diff` or `sh`.
        path: Where it belongs, from its first line; None for one that is run.
    """

    language: str
    path: str | None
    text: str


def read_recipes(page: str) -> dict[str, list[Block]]:
    """The blocks of each section that has any, by its heading."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    sections = zip(parts[1::2], parts[2::2], strict=True)
    found = {heading: [_block(*x) for x in _BLOCK.findall(text)] for heading, text in sections}
    return {heading: blocks for heading, blocks in found.items() if blocks}


def _block(language: str, text: str) -> Block:
    head = _FILE.match(text)
    return Block(language, head[1], text[head.end() :]) if head else Block(language, None, text)


def run(blocks: list[Block], folder: Path) -> None:
    """Lay out a recipe in an empty folder and run what has no path, in a process of its own.

    A recipe with a path inside the house gets a copy of the house.
    """
    inside = any(x.path and Path(x.path).parts[0] in _SOURCES for x in blocks)
    if inside:
        copy_house(folder)
    lay_out(blocks, folder)
    path = f"{folder}" if inside else f"{folder}{os.pathsep}{ROOT}"
    with relayed(["peftsearch", "pytest"]) as programs:
        scripts = f"{programs}{os.pathsep}{Path(sys.executable).parent}"
        environment = os.environ | {
            "PYTHONPATH": path,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_ADDOPTS": _WARM,
        }
        for block in blocks:
            if block.path is None:
                _run_block(block, folder, environment)


def _run_block(block: Block, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*_COMMANDS[block.language], block.text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"


_COMMANDS = {"python": [sys.executable, "-c"], "sh": ["bash", "-euo", "pipefail", "-c"]}


def copy_house(folder: Path) -> None:
    """The sources, linked to one another as in the repository, and the settings of their tests."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in _SOURCES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)


def lay_out(blocks: list[Block], folder: Path) -> None:
    """Write the files, make the changes, and install what a `pyproject.toml` declares."""
    for block in blocks:
        if block.path is None:
            continue
        target = folder / block.path
        if block.language == "diff":
            target.write_text(change(target.read_text(), block.text))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text)
        if block.path == "pyproject.toml":
            install(tomllib.loads(block.text)["project"], folder)


def change(text: str, diff: str) -> str:
    """A text after the hunks of a diff, which `@@` separates; each must fit in one place."""
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old = "".join(x[1:] for x in lines if x[0] in " -")
        new = "".join(x[1:] for x in lines if x[0] in " +")
        assert text.count(old) == 1, f"{text.count(old)} places for\n{old}"
        text = text.replace(old, new)
    return text


def install(project: dict[str, object], folder: Path) -> None:
    """What an installer leaves of a package beside its modules: its name and entry points."""
    metadata = folder / f"{project['name']}-{project['version']}.dist-info"
    metadata.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(head)
    groups = project.get("entry-points", {})
    assert isinstance(groups, dict)
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join([*lines, ""]))
