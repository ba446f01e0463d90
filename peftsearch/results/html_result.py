"""What a notebook shows of a result: the pick in words, the front as a table and as a picture.

All values are escaped by the template; styles stand at their elements, since notebooks share one
page.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache

from jinja2 import Environment, Template

from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Floor
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.jobspec.spec import JobSpec

from .comparisons.sampling_errors import standard_error
from .picks.rules import find_one_se
from .views import caption, front_cells, tell_member
from .wording import difference

Estimates = Sequence[Estimate[Trial]]
_Notes = Mapping[int, TrialNote]

_CELL = "padding:3px 10px;text-align:right;white-space:nowrap"
_WORDS = "padding:3px 10px;text-align:left"
_TABLE = (
    '<table style="border-collapse:collapse;font-size:90%">'
    '<thead><tr>{% for x in head %}<th style="{{ cell }}">{{ x }}</th>{% endfor %}'
    '<th style="{{ words }}">configuration, layers from input to output</th></tr></thead><tbody>'
    "{% for row in rows %}"
    '<tr{% if row.marked %} style="font-weight:bold"{% endif %}>'
    '{% for x in row.cells %}<td style="{{ cell }}">{{ x }}</td>{% endfor %}'
    '<td style="{{ words }}">{{ row.words }}</td></tr>'
    "{% endfor %}</tbody></table>"
)
_RESULT = (
    '<div style="max-width:72em">'
    "{% for line in told %}<p>{% if loop.first %}<b>{{ name }}</b>, {% endif %}{{ line }}</p>"
    "{% endfor %}"
    "{{ table }}"
    "{% if caption %}<p><small>{{ caption }}</small></p>{% endif %}"
    "{% if picture %}"
    '<p><img alt="Pareto front of {{ name }}: quality against cost" src="{{ picture }}" '
    'style="max-width:48em;width:100%;background:white"></p>'
    "{% endif %}"
    "{% for line in below %}<p><small>{{ line }}</small></p>{% endfor %}"
    "</div>"
)


def show_result(
    members: Estimates,
    trials: Sequence[Trial],
    spec: JobSpec,
    floors: Sequence[Floor],
    told: Sequence[str],
    below: Sequence[str],
    notes: _Notes,
) -> str:
    """HTML of a result, without scripts.

    Args:
        members: The front, ascending by cost.
        floors: Baselines without adapters, the best first.
        told: Lines above the table.
        below: Lines beneath the picture.
        notes: By the numbers of trials.
    """
    return _template(_RESULT).render(
        name=spec.name,
        told=told,
        table=_render_table(members, spec, notes) if members else "",
        caption=caption(members, spec) if members else "",
        picture=_draw(members, trials, spec, floors) if members else "",
        below=below,
    )


def show_table(members: Estimates, spec: JobSpec, notes: _Notes) -> str:
    """HTML of a front, the proposed one in bold."""
    return str(_render_table(members, spec, notes))


def _render_table(members: Estimates, spec: JobSpec, notes: _Notes) -> str:
    head, rows = front_cells(members, spec)
    marked = find_one_se(members, spec) if members else -1
    cells = [
        {
            "cells": [_with_error(row, member, spec)[name] for name in head],
            "marked": i == marked,
            "words": tell_member(member, spec, notes),
        }
        for i, (row, member) in enumerate(zip(rows, members, strict=True))
    ]
    module = _template("{% macro table() %}" + _TABLE + "{% endmacro %}").make_module(
        {"head": list(head.values()), "rows": cells, "cell": _CELL, "words": _WORDS}
    )
    found: str = module.table()  # type: ignore[attr-defined]
    return found


def _with_error(row: dict[str, str], member: Estimate[Trial], spec: JobSpec) -> dict[str, str]:
    """The cells of a row, its quality with the sampling error on the validation rows."""
    error, name = standard_error(member, spec), spec.task.quality
    if error is None:
        return row
    return row | {name: f"{row[name]} ± {difference(name, error, member.values[name])}"}


def _draw(
    members: Estimates, trials: Sequence[Trial], spec: JobSpec, floors: Sequence[Floor]
) -> str:
    """The picture as an address that holds it."""
    from .pictures.picture import make_figure

    file = io.BytesIO()
    figure = make_figure(members, trials, spec, floors)
    # Without a date, so that equal records are shown by equal bytes.
    figure.savefig(file, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def _template(text: str) -> Template:
    return Environment(autoescape=True).from_string(text)
