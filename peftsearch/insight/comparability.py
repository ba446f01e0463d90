"""Whether the numbers of two jobs may be compared at all."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from peftsearch.results.wording import count
from peftsearch.spaces.jobspec.objectives import objective

from .job_sides import Side

Weight = Literal["refused", "unsure", "note"]
"""`refused`: no number of one is like any of the other; `unsure`: qualities cannot be told apart
from luck in the rows; `note`: something to bear in mind."""


class Obstacle(TypedDict):
    """What stands between two jobs and a comparison, as a sentence."""

    weight: Weight
    words: str


def find_obstacles(sides: Sequence[Side]) -> list[Obstacle]:
    """What differs of metric, class, rows, data, model, and what times were measured on."""
    metrics = [x.spec.task.quality for x in sides]
    if metrics[0] != metrics[1]:
        labels = " and ".join(objective(x).label for x in metrics)
        return [
            Obstacle(weight="refused", words=f"they are scored by different metrics, {labels}")
        ]
    told = [*_of_classes(sides), *_of_data(sides), *_of_model(sides), *_of_machine(sides)]
    return [Obstacle(weight=weight, words=words) for weight, words in told]


def _of_classes(sides: Sequence[Side]) -> list[tuple[Weight, str]]:
    """Where one names none, it is the second of two, which may be the one that the other names."""
    row, named = objective(sides[0].spec.task.quality), [x.spec.task.positive for x in sides]
    if not row.of_class or named[0] == named[1]:
        return []
    if None in named:
        told = next(x for x in named if x is not None)
        return [("unsure", f"one names {told!r} as the class of its {row.label}, the other none")]
    told = " and ".join(repr(x) for x in named)
    return [("refused", f"their {row.label} is of different classes, {told}")]


def _of_data(sides: Sequence[Side]) -> list[tuple[Weight, str]]:
    missing = [x.job.name for x in sides if not x.provenance.get("data")]
    if missing:
        told = " and ".join(missing)
        return [("unsure", f"on which rows {told} was scored is not recorded")]
    rows = [x.provenance.get("validation_rows") for x in sides]
    if rows[0] != rows[1]:
        told = " and ".join("unknown" if x is None else count(x) for x in rows)
        return [("unsure", f"they are scored on different validation rows, {told} of them")]
    if _differ(sides, "data"):
        words = "their data differ: other rows, another order, or another split into parts"
        return [("unsure", words)]
    return []


def _of_model(sides: Sequence[Side]) -> list[tuple[Weight, str]]:
    hashes = [(x.provenance.get("model") or {}).get("sha256") for x in sides]
    if None in hashes or hashes[0] == hashes[1]:
        return []
    return [("note", "they adapt different models: costs are what is added to each")]


def _of_machine(sides: Sequence[Side]) -> list[tuple[Weight, str]]:
    if any(_differ(sides, x) for x in ("device", "threads", "precision")):
        return [("note", "they were trained on different devices: their times say little")]
    return []


def _differ(sides: Sequence[Side], name: str) -> bool:
    """Whether both recorded it, and not the same."""
    told = [x.provenance.get(name) for x in sides]
    return None not in told and bool(told[0] != told[1])
