"""Runs the cells of docs/notebook.md and writes below each what it printed and what it shows.

Usage: python scripts/write_notebook.py

It runs in a folder of its own, in less than a minute of one processor, and needs the package
registry for the demonstration's model and rows, once.
"""

import ast
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "notebook.md"
PICTURE = "images/notebook-front.svg"
CELL, END = "```python\n", "```\n"
OUTPUT, AFTER = "\n<!-- output -->\n\n", "\n<!-- end of output -->\n"
_IMAGE = '<p><img alt="'


def split_page(text: str) -> tuple[list[str], list[str]]:
    """The cells of a page and the prose around them, one more than cells, without outputs."""
    prose, cells = [], []
    first, *rest = text.split(CELL)
    prose.append(first)
    for part in rest:
        cell, _, after = part.partition(END)
        if after.startswith(OUTPUT):
            after = after.partition(AFTER)[2]
        cells.append(cell)
        prose.append(after)
    return cells, prose


def run_cells(cells: list[str]) -> Iterator[tuple[str, Any]]:
    """What each printed, to both streams in their order, and the value of its last line."""
    known: dict[str, Any] = {"__name__": "__main__"}
    for i, cell in enumerate(cells, 1):
        body = ast.parse(cell).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            exec(compile(ast.Module(body, []), f"cell {i}", "exec"), known)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), f"cell {i}", "eval"), known)
        yield printed.getvalue(), value


def write_output(printed: str, value: Any, folder: Path) -> str:
    """The output as it stands in the page.

    Args:
        folder: Of the pages, in which a result's picture becomes a file.
    """
    parts = [f"```text\n{printed.rstrip()}\n```\n"] if printed.strip() else []
    if hasattr(value, "front"):
        parts.append(_write_result(value, folder))
    elif value is not None:
        parts.append(f"```text\n{_show(value)}\n```\n")
    return f"{OUTPUT}{chr(10).join(parts)}{AFTER}" if parts else ""


def _show(value: Any) -> str:
    """A frame with all of its columns, anything else as it prints."""
    text = value.to_string() if hasattr(value, "to_string") else str(value)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _write_result(result: Any, folder: Path) -> str:
    """Its HTML, with the picture in a file beside the page."""
    from peftsearch.results.pictures.picture import make_figure

    before, image, after = result._repr_html_().partition(_IMAGE)
    figure = make_figure(result.members, result.trials, result.job.spec, result.floors)
    (folder / PICTURE).parent.mkdir(exist_ok=True)
    figure.savefig(folder / PICTURE, metadata={"Date": None})
    caption, below = after.partition('"')[0], after.partition("</p>")[2]
    return f"{before}</div>\n\n![{caption}]({PICTURE})\n\n<div>{below}\n"


def write_page(text: str, folder: Path) -> str:
    """The page with outputs made anew, in a working folder that is removed again."""
    cells, prose = split_page(text)
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            outputs = [write_output(*found, folder) for found in run_cells(cells)]
        finally:
            os.chdir(here)
    told = (f"{CELL}{x}{END}{y}{z}" for x, y, z in zip(cells, outputs, prose[1:], strict=True))
    return prose[0] + "".join(told)


def main() -> None:
    """Write the page."""
    import matplotlib

    matplotlib.rcParams["svg.hashsalt"] = "notebook"  # equal bytes of equal pictures
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(write_page(PAGE.read_text(encoding="utf-8"), PAGE.parent), encoding="utf-8")


if __name__ == "__main__":
    main()
