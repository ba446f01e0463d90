"""What templates say of plain data, where it takes more than a value."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from peftsearch.results.wording import plural

from .content import Report
from .fronts import SIZES
from .tested import Readings

T = TypeVar("T")
_SPECIAL = "\\`*_[]|"
"""What Markdown would read as its own."""
_FEW = 7


def columns(report: Report) -> list[str]:
    """Objectives that the table of a front has beside the quality: the goals, and the sizes."""
    front = report["front"]
    known = [x for x in SIZES if all(x in row["values"] for row in front["rows"])]
    return list(dict.fromkeys([*front["goals"][1:], *known]))


def some(points: Sequence[T]) -> list[T]:
    """At most seven, evenly spread, the first and the last among them."""
    if len(points) <= _FEW:
        return list(points)
    last = len(points) - 1
    return [points[round(i * last / (_FEW - 1))] for i in range(_FEW)]


def tell_readings(found: Readings) -> str:
    """How often the test split was read, in words."""
    if not found["trainings"] and not found["floors"]:
        return "Nothing has read the test split: only peftsearch confirm does, and it has not run."
    of = plural(found["configurations"], "configuration")
    scored = f"{plural(found['trainings'], 'training')} of {of}"
    floors = f" and {plural(found['floors'], 'floor')}" if found["floors"] else ""
    told = f"It has scored {scored}{floors} there"
    made = plural(found["comparisons"], "comparison")
    others = found["others"]
    more = f", {others} of them of other configurations" if others else ""
    warning = (
        " The best of several looks at a test split is partly luck too."
        if found["comparisons"] > 1
        else ""
    )
    return f"Only peftsearch confirm reads the test split. {told}, in {made}{more}.{warning}"


def plain_markdown(text: object) -> str:
    """A text on one line, as itself."""
    line = " ".join(f"{text}".split())
    escaped = "".join(f"\\{x}" if x in _SPECIAL else x for x in line)
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def fence(text: str) -> str:
    """Backticks that no line of a text closes."""
    longest = max((len(x) - len(x.lstrip("`")) for x in text.split("\n")), default=0)
    return "`" * max(3, longest + 1)


def day(seconds: float) -> str:
    """Of seconds since the epoch."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def capital(text: str) -> str:
    """A sentence that begins with a name."""
    return text[:1].upper() + text[1:]
