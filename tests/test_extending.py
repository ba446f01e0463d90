"""Each recipe of `docs/extending.md` works as it stands; a broken one would be noticed."""

import re
from pathlib import Path

import pytest

from tests import recipes

RECIPES = recipes.read_recipes(recipes.PAGE.read_text(encoding="utf-8"))


def test_every_group_of_entry_points_has_a_recipe() -> None:
    """What the sources ask other packages for is declared by a block of the page."""
    sources = [x.read_text(encoding="utf-8") for x in (recipes.ROOT / "spaces").rglob("*.py")]
    asked = {x for text in sources for x in re.findall(r'"(peftsearch\.[a-z]+)",?$', text, re.M)}
    blocks = [block.text for recipe in RECIPES.values() for block in recipe]
    declared = {x for text in blocks for x in re.findall(r'entry-points\."([\w.]+)"', text)}
    assert len(asked) >= 4 and asked == declared


@pytest.mark.slow
@pytest.mark.usefixtures("warm_start")
@pytest.mark.parametrize("heading", RECIPES)
def test_recipe_works(heading: str, tmp_path: Path) -> None:
    recipes.run(RECIPES[heading], tmp_path)


def test_a_recipe_that_does_not_hold_is_noticed(tmp_path: Path) -> None:
    page = "## One\n\n```python\n# file: one.py\nN = 1\n```\n\n```python\nimport one\n{}\n```\n"
    (tmp_path / "right").mkdir()
    recipes.run(recipes.read_recipes(page.format("assert one.N == 1"))["One"], tmp_path / "right")
    (tmp_path / "wrong").mkdir()
    with pytest.raises(AssertionError):
        wrong = recipes.read_recipes(page.format("assert one.N == 2"))["One"]
        recipes.run(wrong, tmp_path / "wrong")


def test_a_change_must_fit_in_one_place() -> None:
    assert recipes.change("a\nb\nc\n", " b\n+x\n") == "a\nb\nx\nc\n"
    assert recipes.change("a\nb\nc\n", "-a\n+y\n@@\n b\n-c\n") == "y\nb\n"
    for text in ("a\n", "b\nb\n"):
        with pytest.raises(AssertionError, match="places for"):
            recipes.change(text, " b\n+x\n")
