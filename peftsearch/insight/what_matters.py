"""Which parameters decide a target, with their names for people."""

from collections.abc import Iterable

from typing_extensions import TypedDict

from peftsearch.spaces.jobspec.objectives import objective

from .importance import importance
from .parameters import LABELS
from .points import Point

METHOD = "PED-ANOVA"


class Importance(TypedDict):
    """A parameter's share of what decides the target."""

    name: str
    label: str
    share: float


class Ranking(TypedDict):
    """Shares sum to 1, largest first; none where too few of so many trials tell."""

    trials: int
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
    return {"trials": len(known), "importance": ranked}
