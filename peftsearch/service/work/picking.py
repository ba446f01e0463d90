"""From what a person picks to one trial."""

from peftsearch.errors import NotFoundError, UserError
from peftsearch.insight.beliefs import configuration_of
from peftsearch.insight.explained_pick import Pick, pick
from peftsearch.insight.points import Point
from peftsearch.results.beliefs.expected import find_expected
from peftsearch.results.picks.pick import size_limit
from peftsearch.results.picks.rules import ONE_SE, find_rule
from peftsearch.service.memory.beliefs import believe
from peftsearch.service.memory.past import History
from peftsearch.spaces.configurations.forms import AskedForm, shipped_form


def explain_pick(history: History, text: str) -> Pick:
    """What a text means now, and why; by what the model expects where the rule asks that.

    Raises:
        NotFoundError: Nothing fits.
        UserError: It is no pick.
    """
    spec, points = history.job.spec, history.by_number
    by_model = find_rule(text) == ONE_SE
    expected = find_expected(believe(history).belief) if by_model else None
    front, preparation = history.front(), history.preparation
    return pick(text, spec, history.members, front, points, preparation, expected)


def resolve(history: History, text: str) -> Point:
    """The trial whose adapter a pick means: that trial, or the best seed of a configuration.

    Args:
        text: `trial 17`, or what else `peftsearch.results.picks.pick.choose` takes.

    Raises:
        NotFoundError: Nothing fits, or the trial has no adapter.
        UserError: It is no pick.
    """
    found = history.by_number[explain_pick(history, text)["trial"]]
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
