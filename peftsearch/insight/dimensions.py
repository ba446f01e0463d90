"""The completed trials for parallel coordinates: one dimension for each parameter that varies."""

from collections.abc import Sequence
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .parameters import LABELS, LOG
from .points import Point


class Dimension(TypedDict):
    """One parameter of every trial.

    Attributes:
        log: Whether its axis is logarithmic.
        categories: What a category's values are among.
    """

    name: str
    label: str
    kind: Literal["number", "category"]
    log: bool
    values: list[float | str]
    categories: NotRequired[list[str]]


def dimensions(points: Sequence[Point], spec: JobSpec) -> list[Dimension]:
    """Plain data of each dimension; the last are the goals of the front, the quality at the end.

    Args:
        points: Completed trials.
    """
    names = [name for name in LABELS if points and name in points[0].parameters]
    found = [_parameter(name, [x.parameters[name] for x in points]) for name in names]
    ends = [_goal(name, points, spec) for name in reversed(spec.goals)]
    return [*(x for x in found if len(set(x["values"])) > 1), *ends]


def _goal(name: str, points: Sequence[Point], spec: JobSpec) -> Dimension:
    goal = objective(name)
    if name == spec.objectives.cost:
        return _number(name, goal.label, [x.cost for x in points], True)
    values = [x.measurements[name] for x in points]
    return _number(name, goal.label, values, name != spec.task.quality and goal.logarithmic)


def _parameter(name: str, values: list[float | str]) -> Dimension:
    if isinstance(values[0], str):
        return {
            "name": name,
            "label": LABELS[name],
            "kind": "category",
            "log": False,
            "values": values,
            "categories": sorted(map(str, set(values))),
        }
    return _number(name, LABELS[name], values, name in LOG)


def _number(name: str, label: str, values: Sequence[float | str], log: bool) -> Dimension:
    return {"name": name, "label": label, "kind": "number", "log": log, "values": list(values)}
