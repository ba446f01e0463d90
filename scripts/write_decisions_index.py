"""Writes docs/decisions/README.md from the pages beside it; a test compares them.

Usage: python scripts/write_decisions_index.py
"""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "decisions"
_HEAD = """# Decisions

Why things are as they are: one page for each decision that somebody might want to undo, with what
was known when it was made. A decision that is changed is rewritten or gets a successor; a number
is never used twice. `scripts/write_decisions_index.py` writes this list.
"""


def index() -> str:
    """The page as Markdown."""
    pages = [x for x in sorted(FOLDER.glob("*.md")) if x.name != "README.md"]
    return "\n".join([_HEAD, *map(_line, pages), ""])


def _line(page: Path) -> str:
    title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    return f"- [{title}]({page.name})"


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(index(), encoding="utf-8")
