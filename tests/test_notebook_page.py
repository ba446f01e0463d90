"""The page that is a notebook: its cells run, and what is written below them is theirs."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "write_notebook.py"))


def test_every_cell_of_the_page_has_its_output(script: dict[str, Any]) -> None:
    cells, _ = script["split_page"](TEXT)
    assert len(cells) >= 6 and TEXT.count(script["OUTPUT"]) == len(cells)
    assert "Traceback" not in TEXT and str(Path.home()) not in TEXT


def test_a_page_is_split_and_put_together_again(script: dict[str, Any], tmp_path: Path) -> None:
    plain = "# A page\n\n```python\nx = 2\nprint('so')\n```\n\nand\n\n```python\nx + 1\n```\nend\n"
    once = script["write_page"](plain, tmp_path)
    assert "```text\nso\n```" in once and "```text\n3\n```" in once
    assert script["write_page"](once, tmp_path) == once
    assert script["split_page"](once) == script["split_page"](plain)


@pytest.mark.slow
def test_the_cells_run(script: dict[str, Any], tmp_path: Path) -> None:
    """The real model and rows; numbers may differ from those of the page."""
    made = script["write_page"](TEXT, tmp_path)
    assert script["split_page"](made) == script["split_page"](TEXT)
    assert made.count(script["OUTPUT"]) == TEXT.count(script["OUTPUT"])
    assert "To begin with: " in made and "trial 3 (" in made
    assert (tmp_path / script["PICTURE"]).read_text(encoding="utf-8").startswith("<?xml")
