"""The tally as one table in Markdown."""

from collections.abc import Sequence
from dataclasses import astuple, fields

from tests.json_lines import Row

from .tally import Tally

_NAMES = [x.name.replace("_", " ") for x in fields(Tally)]


def tell(rows: Sequence[Row], total: bool = False) -> list[str]:
    """Lines of a table: the jobs of a kind of fault are one, by database.

    Args:
        total: Whether the last line is their sum.
    """
    kinds = sorted({(x["database"], x["fault"]) for x in rows}, reverse=True)
    lines = [
        _line(["fault", "database", *_NAMES, "s"]),
        _line(["---"] * 2 + ["--:"] * (len(_NAMES) + 1)),
    ]
    for kind in kinds:
        own = [x for x in rows if (x["database"], x["fault"]) == kind]
        lines.append(_line([kind[1], kind[0], *_sums(own)]))
    return [*lines, _line(["all", "", *_sums(rows)])] if total else lines


def _sums(rows: Sequence[Row]) -> list[str]:
    summed = sum(map(Tally.of, rows), Tally())
    return [f"{x}" for x in (*astuple(summed), sum(x["seconds"] for x in rows))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
