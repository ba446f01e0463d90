"""From what a person picks to one trial."""

from peftsearch.errors import NotFoundError, UserError
from peftsearch.insight.beliefs import configuration_of
from peftsearch.insight.explained_pick import pick as choose
from peftsearch.insight.points import Point
from peftsearch.results.pick import size_limit
from peftsearch.service.memory.past import History
from peftsearch.spaces.configurations.forms import AskedForm, shipped_form


def resolve(history: History, pick: str) -> Point:
    """The trial whose adapter a pick means: that trial, or the best seed of a configuration.

    Args:
        pick: `trial 17`, or what else `peftsearch.results.pick.choose` takes.

    Raises:
        NotFoundError: Nothing fits, or the trial has no adapter.
        UserError: It is no pick.
    """
    points = history.by_number
    chosen = choose(pick, history.job.spec, history.members, history.front(), points)
    found = points[chosen["trial"]]
    if not found.adapter:
        raise NotFoundError(
            "a trial whose adapter was kept", f"trial {found.number} without one", "pick another"
        )
    return found


def check_form(history: History, pick: str, form: AskedForm, found: Point) -> None:
    """Refuse a form whose file may be larger than the pick allows.

    Raises:
        UserError: The pick bounds the size of the file, which is that of another form.
    """
    spec = history.job.spec
    if form == "auto" or size_limit(pick, spec.task.quality) is None:
        return
    shipped = shipped_form(configuration_of(found, spec), spec.anatomy)
    if form != shipped:
        expected = f"the form {shipped}, of which the pick bounds the size"
        raise UserError(expected, form, f"pick 'trial {found.number}' for another form", "form")
