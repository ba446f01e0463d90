"""The tutorial runs as it stands."""

from pathlib import Path

import pytest

from .recipes import ROOT, read_recipes, run

PAGE = ROOT / "docs" / "tutorial.md"


@pytest.mark.slow
@pytest.mark.usefixtures("warm_test")
def test_the_tutorial_runs(tmp_path: Path) -> None:
    sections = read_recipes(PAGE.read_text(encoding="utf-8"))
    run([block for blocks in sections.values() for block in blocks], tmp_path)
    assert (tmp_path / "adapter" / "README.md").is_file()
