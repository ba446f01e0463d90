"""A report as a page, as Markdown and as pictures; all that they say is in the plain data."""

import base64
import functools
import hashlib
import html
from pathlib import Path
from shlex import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from peftsearch.results import wording
from peftsearch.results.confirmations.spending import percent
from peftsearch.results.picks.rules import PROPOSED_BY
from peftsearch.spaces.jobspec.objectives import objective

from . import phrases, verdict
from .chart_axes import NARROW, WIDE
from .front_chart import draw_fronts
from .outline import Report
from .strata_map import draw_map, techniques_of

GENERATOR = "peftsearch report"
"""By which a page is known to be a report."""
FOLDER = Path(__file__).parent / "templates"
_MAP_WIDTHS = (720, 350)


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "capital": phrases.capital,
        "commands": phrases.with_commands,
        "day": phrases.day,
        "fence": phrases.fence,
        "md": phrases.plain_markdown,
        "md_commands": phrases.commands_markdown,
        "quoted": quote,
        "unbroken": phrases.unbroken,
    }
    made.globals |= {
        "amount": wording.amount,
        "between": phrases.tell_between,
        "cell": wording.cell,
        "columns": phrases.columns,
        "count": wording.count,
        "difference": wording.difference,
        "duration": wording.duration,
        "in_errors": verdict.in_errors,
        "percent": percent,
        "objective": objective,
        "PROPOSED_BY": PROPOSED_BY,
        "SIZES_TOLD": phrases.SIZES_TOLD,
        "plural": wording.plural,
        "signed": wording.signed,
        "show_value": phrases.show_value,
        "others": phrases.best_and_worst,
        "techniques_of": techniques_of,
        "tell_errors": phrases.tell_errors,
        "tell_fruitless": wording.tell_fruitless,
        "tell_readings": phrases.tell_readings,
    }
    return made


def style() -> str:
    """The page's only style sheet."""
    return "".join((FOLDER / name).read_text("utf-8") for name in ("figures.css", "page.css"))


def policy() -> str:
    """The content security policy of a report: nothing is loaded and nothing is run, and no style
    acts but the one sheet within the page."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )


def render_page(report: Report) -> str:
    """One HTML page, which asks for nothing else."""
    chosen = report["chosen"]
    shown = {
        "report": report,
        "style": Markup(style()),
        "policy": policy(),
        "generator": GENERATOR,
        "wide": draw_fronts(report["front"], WIDE),
        "narrow": draw_fronts(report["front"], NARROW),
        "maps": [] if chosen is None else [draw_map(chosen["map"], x) for x in _MAP_WIDTHS],
    }
    return _environment().get_template("report.html").render(shown)


def render_markdown(report: Report) -> str:
    """The same as Markdown, beside the pictures of `render_pictures`."""
    shown = {"report": report, "pictures": list(render_pictures(report))}
    return _environment().get_template("report.md").render(shown)


def render_pictures(report: Report) -> dict[str, str]:
    """The front and the strata map as files of SVG by name."""
    panels = draw_fronts(report["front"], WIDE)
    named = {f"front{'' if i == 0 else f'-{i + 1}'}.svg": x for i, x in enumerate(panels)}
    if report["chosen"] is not None:
        named["strata.svg"] = draw_map(report["chosen"]["map"], _MAP_WIDTHS[0])
    figures = (FOLDER / "figures.css").read_text("utf-8")
    return {name: _with_style(drawn, figures) for name, drawn in named.items()}


def _with_style(drawn: Markup, figures: str) -> str:
    """A picture that stands alone."""
    head, end, rest = str(drawn).partition(">")
    return f"{head}{end}<style>{html.escape(figures, quote=False)}</style>{rest}\n"
