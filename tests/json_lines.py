"""Rows that long runs record one a line, so that they go on where they were stopped."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """The rows so far; none before there is a file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def add(path: Path, row: Row) -> None:
    """One line more, at once."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
