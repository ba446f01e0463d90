"""From what a person picks to one trial."""

from peftsearch.errors import NotFoundError
from peftsearch.insight.explained_pick import pick as choose
from peftsearch.insight.points import Point
from peftsearch.service.memory.past import History


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
