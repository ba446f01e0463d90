"""The configurations for parallel coordinates: one dimension for each parameter that varies.

Each is at the mean of its seeds: of trials, a lucky seed would stand among the best.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .candidate_estimates import Candidate
from .parameters import LABELS, LOG, OF_ADAPTED


class Dimension(TypedDict):
    """One parameter of every configuration.

    Attributes:
        log: Whether its axis is logarithmic.
        values: None of what a configuration does not have.
        categories: What a category's values are among.
    """

    name: str
    label: str
    kind: Literal["number", "category"]
    log: bool
    values: list[float | str | None]
    categories: NotRequired[list[str]]


def dimensions(members: Sequence[Candidate], spec: JobSpec) -> list[Dimension]:
    """Plain data of each dimension; the last are the front's goals, the quality at the end."""
    rows = [x.first.parameters for x in members]
    names = [name for name in LABELS if rows and name in rows[0]]
    found = [_parameter(name, [_told(name, row) for row in rows]) for name in names]
    ends = [_goal(name, members, spec) for name in reversed(spec.goals)]
    return [*(x for x in found if len(set(x["values"]) - {None}) > 1), *ends]


def _told(name: str, row: Mapping[str, float | str]) -> float | str | None:
    """The value; an axis would show what stands for none (`parameters`) as a layer."""
    return row[name] if row["adapted_layers"] or name not in OF_ADAPTED else None


def _goal(name: str, members: Sequence[Candidate], spec: JobSpec) -> Dimension:
    goal = objective(name)
    if name == spec.objectives.cost:
        return _number(name, goal.label, [x.first.cost for x in members], True)
    values = [x.values[name] for x in members]
    return _number(name, goal.label, values, name != spec.task.quality and goal.logarithmic)


def _parameter(name: str, values: list[float | str | None]) -> Dimension:
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


def _number(name: str, label: str, values: Sequence[float | str | None], log: bool) -> Dimension:
    return {"name": name, "label": label, "kind": "number", "log": log, "values": list(values)}
