"""The documentation names every key, and no other."""

import re
import runpy
from pathlib import Path

import pytest
from pydantic import BaseModel

from peftsearch.service.application import PREFIX, make_app
from peftsearch.service.settings import Settings
from peftsearch.spaces.configurations.recipes import RECIPES
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.jobspec import spec as jobspec
from peftsearch.spaces.jobspec.baselines_section import BaselinesSpec
from peftsearch.spaces.jobspec.head import HeadSpec
from peftsearch.spaces.jobspec.objectives_section import ObjectivesSpec
from peftsearch.spaces.jobspec.search_section import SearchSpec
from peftsearch.spaces.jobspec.space_section import SpaceSpec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.spaces.space.presets import PRESETS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "jobfile.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "model": jobspec.ModelSpec,
    "task": TaskSpec,
    "training": TrainingSpec,
    "head": HeadSpec,
    "space": SpaceSpec,
    "search": SearchSpec,
    "objectives": ObjectivesSpec,
    "baselines": BaselinesSpec,
    "budget": jobspec.BudgetSpec,
}


KEYS = ("name", "seed", "tracking", "artefacts", "tries")
"""Of a job file, those that are no sections; `tries` is documented as it is written, `[[try]]`."""


def documented(section: str) -> set[str]:
    part = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    body = next(text for text in part if text.startswith(f"`[{section}]`"))
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", body, flags=re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_documented(section: str) -> None:
    assert documented(section) == set(SECTIONS[section].model_fields)


def test_every_section_is_documented() -> None:
    fields = jobspec.JobSpec.model_fields
    sections = {name for name, field in fields.items() if name not in KEYS}
    assert sections == set(SECTIONS)


def test_the_techniques_page_is_what_the_table_says() -> None:
    path = Path(__file__).parents[1]
    script = runpy.run_path(str(path / "scripts" / "write_techniques_reference.py"))
    written = (path / "docs" / "techniques.md").read_text(encoding="utf-8")
    assert written == script["reference"](), "run scripts/write_techniques_reference.py"


def test_every_variable_is_on_the_page_of_machines() -> None:
    rooms = ("peftsearch", "search", "spaces", "storage", "workers")
    files = (file for room in rooms for file in (ROOT / room).rglob("*.py"))
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    read = {*re.findall(r'"(PEFTSEARCH_[A-Z_]+)"', code)}
    page = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    assert read == {*re.findall(r"`(PEFTSEARCH_\w+)`", page.partition("## Ray")[0])}


def test_every_preset_and_recipe_is_documented() -> None:
    assert all(f"| `{preset}` |" in TEXT for preset in PRESETS)
    assert all(name in TEXT for name in RECIPES)


def test_every_family_is_built_in() -> None:
    """The page calls them as their papers do."""
    words = TEXT.lower().replace("-", "")
    assert all(_paper_name(family) in words for family in FAMILIES)


def test_every_route_is_on_the_services_page(tmp_path: Path) -> None:
    """By its whole path, or by what follows the job."""
    page = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    table = {path for row in page.splitlines() if row.startswith("| `") for path in _paths(row)}
    app = make_app(Settings(f"sqlite:///{tmp_path}/none.db", tmp_path))
    words = {"job": "J", "number": "N", "export": "ID", "run": "ID", "kind": "confirm"}
    words |= {"name": "NAME"}
    routes = [x.removeprefix(PREFIX).format(**words) for x in app.openapi()["paths"]]
    missing = [x for x in routes if not {x, x.removeprefix("/jobs/J")} & table]
    assert missing == []
    known = {*routes, *(x.removeprefix("/jobs/J") for x in routes)}
    assert sorted(table - known) == []


def _paths(row: str) -> list[str]:
    return [x.partition("?")[0] for x in re.findall(r"[` ](/[\w/?=-]+)", row.partition(" | ")[0])]


def _paper_name(family: str) -> str:
    names = {"xlm-roberta": "xlmr", "gemma2": "gemma", "gemma3_text": "gemma"}
    return names.get(family, family).replace("-", "")
