"""The table of objectives as clients read it, and the measured ones of a trial."""

from collections.abc import Mapping

from typing_extensions import TypedDict

from peftsearch.results.wording import told_once
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, Objective, Style


class ObjectiveRow(TypedDict):
    """A row of the table of objectives.

    Attributes:
        label: A noun within a sentence.
        style: How a value is written: four decimals, digits in groups, bytes with a unit, or a
            time.
        share: Whether it is a share of the rows that are right.
        known: Whether it is exact before training.
    """

    name: str
    label: str
    unit: str
    style: Style
    maximise: bool
    share: bool
    known: bool


class MeasuredObjective(ObjectiveRow):
    """One measured objective of a trial."""

    value: float


def objective_rows() -> list[ObjectiveRow]:
    """The table, objectives of installed plug-ins last."""
    return [_row(x) for x in OBJECTIVES.usable()]


def measured_objectives(values: Mapping[str, float]) -> list[MeasuredObjective]:
    """What of a trial's measurements are objectives, in the order of the table, none of them
    twice."""
    told = told_once(values)
    return [{**_row(x), "value": told[x.name]} for x in OBJECTIVES.usable() if x.name in told]


def _row(objective: Objective) -> ObjectiveRow:
    return {
        "name": objective.name,
        "label": objective.label,
        "unit": objective.unit,
        "style": objective.style,
        "maximise": objective.maximise,
        "share": objective.share,
        "known": objective.known,
    }
