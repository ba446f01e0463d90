"""The documentation names every key, and no other."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from peftsearch.spaces import jobspec

TEXT = (Path(__file__).parents[2] / "docs" / "jobfile.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "model": jobspec.ModelSpec,
    "task": jobspec.TaskSpec,
    "training": jobspec.TrainingSpec,
    "space": jobspec.SpaceSpec,
    "search": jobspec.SearchSpec,
    "objectives": jobspec.ObjectivesSpec,
    "budget": jobspec.BudgetSpec,
}


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
    sections = {name for name, field in fields.items() if name not in ("name", "seed", "tries")}
    assert sections == set(SECTIONS)
