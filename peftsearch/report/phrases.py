"""What templates say of plain data, where it takes more than a value."""

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup, escape

from peftsearch.results.beliefs.slice_rows import Slice, SlicePoint
from peftsearch.results.wording import cell, plural
from peftsearch.spaces.jobspec.objectives import objective

from .fronts import SIZES
from .outline import Report
from .tested import Readings

SIZES_TOLD = " Trainable parameters are of the adapter alone, the file holds the head with it."
"""Below a table with both: a row of 0 parameters has a file all the same."""
_SPECIAL = "\\`*_[]|"
"""What Markdown would read as its own."""


def columns(report: Report) -> list[str]:
    """Objectives that the table of a front has beside the quality: the goals, and the sizes."""
    front = report["front"]
    known = [x for x in SIZES if all(x in row["values"] for row in front["rows"])]
    return list(dict.fromkeys([*front["goals"][1:], *known]))


def best_and_worst(found: Slice, quality: str) -> list[SlicePoint]:
    """Of the other values of a parameter, those that are expected to be best and worst."""
    goal = objective(quality)
    others = [x for x in found["points"] if x["value"] != found["own"]]
    others.sort(key=lambda x: -goal.signed(x["mean"]))
    return [others[0], others[-1]]


def show_value(value: float | str | None) -> str:
    """A value of a parameter, three digits of a fraction."""
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else f"{value}"


def tell_between(name: str, interval: Sequence[float] | None) -> str:
    """`0.8100 to 0.8900`, the ends of an interval of an objective; a dash of none."""
    return "–" if interval is None else " to ".join(cell(name, x) for x in interval)


def tell_errors(quality: str) -> str:
    """What the errors of a table of the front are."""
    goal = objective(quality)
    if goal.share:
        return "Errors are one standard error by the validation rows."
    return (
        "Errors are one standard error by the validation rows, drawn anew again and again: "
        f"{goal.label} is no share of right rows, and its error may be smaller than that of one."
    )


def tell_readings(found: Readings) -> str:
    """How often the test split was read, in words."""
    if not any((found["trainings"], found["floors"], found["comparisons"])):
        return "Nothing has read the test split: only peftsearch confirm does, and it has not run."
    of = plural(found["configurations"], "configuration")
    seeds = " to ".join(map(str, found["each"]))
    each = f" ({seeds} of each)" if found["configurations"] > 1 else ""
    scored = f"{plural(found['trainings'], 'training')} of {of}{each}"
    floors = f" and {plural(found['floors'], 'floor')}" if found["floors"] else ""
    told = f"It has scored {scored}{floors} there"
    tuning = found["tuning"]
    tuned = (
        f" {plural(tuning, 'further training')}, scored on the validation rows, tuned the rate of "
        "LoRA."
        if tuning
        else ""
    )
    made = plural(found["comparisons"], "comparison")
    others = found["others"]
    more = f", {others} of them of other configurations" if others else ""
    warning = (
        " The best of several looks at a test split is partly luck too."
        if found["comparisons"] > 1
        else ""
    )
    return (
        f"Only peftsearch confirm reads the test split. {told}, in {made}{more}.{tuned}{warning}"
    )


def with_commands(text: str) -> Markup:
    """HTML of a text whose commands stand between backticks."""
    parts = text.split("`")
    told = [
        Markup("<code>{}</code>").format(x) if i % 2 else escape(x) for i, x in enumerate(parts)
    ]
    return Markup("").join(told)


def plain_markdown(text: object) -> str:
    """A text on one line, as itself."""
    return _escape(" ".join(f"{text}".split()))


def commands_markdown(text: object) -> str:
    """The same of a text whose commands stand between backticks, as they do in Markdown."""
    parts = " ".join(f"{text}".split()).split("`")
    if len(parts) % 2 == 0:  # one that closes nothing
        return plain_markdown(text)
    return "".join(f"`{x}`" if i % 2 else _escape(x) for i, x in enumerate(parts))


def _escape(line: str) -> str:
    escaped = "".join(f"\\{x}" if x in _SPECIAL else x for x in line)
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def unbroken(text: object) -> Markup:
    """A text for a page whose words do not break at their hyphens: `1.0e-03`, `layers 0-5`."""
    words = [escape(x) for x in f"{text}".split(" ")]
    return Markup(" ").join(
        Markup('<span class="word">{}</span>').format(x) if "-" in x else x for x in words
    )


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
