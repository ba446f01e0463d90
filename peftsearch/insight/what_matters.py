"""Which parameters decide a target, with their names for people."""

from collections.abc import Iterable

from typing_extensions import TypedDict

from peftsearch.message_text import plural
from peftsearch.spaces.jobspec.objectives import objective

from .importance import importance
from .parameters import LABELS
from .points import Point

METHOD = "PED-ANOVA"
ENOUGH = 100
"""Trials from which on the ranking is to be trusted (`python -m benchmarks.importance`): where one
parameter decides half of the quality's variance and noise the other half, it stands first in .34
of jobs with 8 trials, .65 with 24, .84 with 50 and .98 with 100."""


class Importance(TypedDict):
    """A parameter's share of what decides the target."""

    name: str
    label: str
    share: float


class Ranking(TypedDict):
    """Shares sum to 1, largest first; none where too few of so many trials tell.

    Attributes:
        enough: Trials from which on the ranking is to be trusted.
        warning: That there are fewer, in sentences; empty where there are as many.
    """

    trials: int
    enough: int
    warning: str
    importance: list[Importance]


def rank_parameters(points: Iterable[Point], name: str) -> Ranking:
    """By the completed trials that have the target.

    Args:
        name: Of an objective.
    """
    goal = objective(name)
    known = [x for x in points if x.quality is not None and name in x.measurements]
    targets = [goal.signed(x.measurements[name]) for x in known]
    shares = importance([x.parameters for x in known], targets)
    ranked: list[Importance] = [
        {"name": x, "label": LABELS[x], "share": share} for x, share in shares
    ]
    warning = _warn(len(known)) if ranked else ""
    return {
        "trials": len(known),
        "enough": ENOUGH,
        "warning": warning,
        "importance": ranked,
    }


def _warn(trials: int) -> str:
    if trials >= ENOUGH:
        return ""
    return (
        f"Not to be trusted from {plural(trials, 'trial')}: {ENOUGH} would do. In simulated jobs "
        "where one parameter decides half of the quality and noise the other half, it stands "
        "first in .34 of those with 8 trials, .65 with 24, .84 with 50 and .98 with 100; where "
        "nothing matters, what stands first has .45 all the same."
    )
