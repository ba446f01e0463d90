"""The house itself: links, light imports, and what a checkout must not lose."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "peftsearch"
HEAVY = ("torch", "transformers", "peft", "datasets", "botorch")


@pytest.mark.parametrize("folder", ["examples", "search", "spaces", "storage", "workers"])
def test_package_links_to_folder(folder: str) -> None:
    link = ROOT / "peftsearch" / folder
    assert link.is_symlink(), f"peftsearch/{folder} must be a symlink to ../{folder}"
    assert link.readlink() == Path("..") / folder
    assert link.resolve() == ROOT / folder


def test_the_examples_ship_with_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]["peftsearch"]
    shipped = {file.resolve() for pattern in patterns for file in PACKAGE.glob(pattern)}
    assert shipped >= set((ROOT / "examples").glob("*.toml"))


@pytest.mark.parametrize("folder", ["dashboard/templates", "report/templates"])
def test_templates_ship_with_the_package(folder: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]["peftsearch"]
    shipped = {file for pattern in patterns for file in PACKAGE.glob(pattern)}
    assert shipped >= set((PACKAGE / folder).iterdir())


def modules_of(folder: str) -> list[str]:
    files = [x for x in (ROOT / folder).rglob("*.py") if x.stem not in ("__init__", "env")]
    names = [".".join(x.relative_to(ROOT / folder).with_suffix("").parts) for x in files]
    return [f"peftsearch.{folder}.{name}" for name in names]


@pytest.mark.parametrize(
    "modules",
    [["peftsearch"], modules_of("spaces"), modules_of("storage")],
    ids=["peftsearch", "spaces", "storage"],
)
def test_light_modules_import_no_heavy_library(modules: list[str]) -> None:
    code = f"""
import sys
import tomllib
import {", ".join(modules)}
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("script", ["scripts/check", "scripts/setup", ".ci/run"])
def test_script_is_executable(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
