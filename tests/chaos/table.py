"""The tally as one table in Markdown."""

from collections.abc import Sequence
from dataclasses import astuple, fields

from .tally import Tally

Row = tuple[str, str, Tally, float]
"""What befell, the database, the tally, and seconds."""


def print_table(rows: Sequence[Row], total: bool = False) -> None:
    """Print rows; with their sum, and the table's head, where that is asked for."""
    if total:
        names = ["fault", "database", *(x.name.replace("_", " ") for x in fields(Tally)), "s"]
        print(_line(names))
        print(_line(["---"] * 2 + ["--:"] * (len(names) - 2)))
        summed = sum((x[2] for x in rows), Tally())
        rows = [*rows, ("all", "", summed, sum(x[3] for x in rows))]
    for kind, name, tally, seconds in rows:
        print(_line([kind, name, *map(str, astuple(tally)), f"{seconds:.0f}"]), flush=True)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
