"""Which installed versions the tests have seen."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from peftsearch.doctor.finding import Health
from peftsearch.doctor.versions import (
    compare,
    examine_packages,
    find_needed,
    find_version,
    normalise,
    parse_machine,
    parse_versions,
    read_constraints,
)

ROOT = Path(__file__).parents[2]


def requirements() -> list[Requirement]:
    """All that pyproject.toml names, for users and for developers, but what no check installs."""
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [*known["project"]["optional-dependencies"].values()]
    groups += [x for name, x in known["dependency-groups"].items() if name != "benchmark"]
    named = known["project"]["dependencies"] + [x for group in groups for x in group]
    return [Requirement(text) for text in named if isinstance(text, str)]


def test_constraints_pin_all_that_pyproject_names_within_its_ranges() -> None:
    tested = parse_versions(read_constraints())
    for requirement in requirements():
        assert requirement.specifier.contains(tested[normalise(requirement.name)]), requirement


def test_constraints_name_no_host_no_path_and_no_local_build() -> None:
    lines = read_constraints().splitlines()
    assert all(line.startswith("#") for line in lines[:2])
    assert [x for x in lines[2:] if not re.fullmatch(r"[\w.-]+==[\w.!]+", x)] == []


def test_package_ships_the_file_that_setup_installs() -> None:
    assert (ROOT / "constraints.txt").read_text() == read_constraints()
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert "constraints.txt" in data["package-data"]["peftsearch"]


def test_needed_packages_come_from_what_is_installed() -> None:
    needed = find_needed()
    assert {"torch", "peft", "gguf", "huggingface-hub", "safetensors"} <= needed
    assert "sqlalchemy" in needed and "mako" in needed  # Mako comes with Alembic
    assert not {"pytest", "ruff", "mypy"} & needed


def test_a_version_that_was_never_tested_is_noted() -> None:
    tested = {"torch": "2.13.0", "peft": "0.21.2"}
    own = {"torch": "2.13.0+cpu", "peft": "0.21.3", "strange": "1"}
    (finding,) = compare(own, tested)
    assert finding.health is Health.NOTE
    assert finding.text == "peft 0.21.3; the tests run with 0.21.2"
    (finding,) = compare({"torch": "2.13.0+cu130"}, tested)
    assert finding.health is Health.OK


def test_what_is_installed_is_compared_with_constraints() -> None:
    own = find_version("numpy")
    constraints = f"# What the tests have seen: PyPy 3.12 on Minix m68k.\nnumpy=={own}.post9\n"
    assert parse_machine(constraints) == "PyPy 3.12 on Minix m68k"
    notes = [x for x in examine_packages(constraints) if x.health is not Health.OK]
    assert [x.subject for x in notes] == ["python", "untested"]
    assert notes[1].text == f"numpy {own}; the tests run with {own}.post9"


def test_a_missing_package_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str) -> list[str] | None:
        return ["no-such-thing>=1"] if name == "peftsearch" else requires(name)

    monkeypatch.setattr("peftsearch.doctor.versions.requires", read)
    failed = [x for x in examine_packages(read_constraints()) if x.health is Health.FAILED]
    assert [x.text for x in failed] == [
        "no-such-thing is not installed; run `pip install no-such-thing`"
    ]
