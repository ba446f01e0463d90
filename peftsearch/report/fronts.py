"""The front of a job as a report shows it: its rows, what stands off it, floors and baselines."""

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from peftsearch.insight.baselines import Baselines, baselines
from peftsearch.insight.points import Point
from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote
from peftsearch.results.beliefs.expected import ExpectedRow, expected_json
from peftsearch.results.comparisons.sampling_errors import standard_error
from peftsearch.results.picks.rules import find_one_se
from peftsearch.results.standing.floor_words import FloorLine, floor_json
from peftsearch.results.standing.floors import sort_floors
from peftsearch.results.trial_names import names_of
from peftsearch.results.wording import describe
from peftsearch.spaces.jobspec.spec import JobSpec

SIZES = ("trainable_parameters", "export_bytes")
"""What a table of a front has beside the goals."""


class Row(TypedDict):
    """A configuration at the mean of its seeds.

    Attributes:
        row: Its place in ascending cost, from 1; null off the front.
        proposed: Whether it is the cheapest within one standard error of the best.
        standard_error: Of the quality by the validation rows; null where unknown.
        seed_error: The same by how its seeds differ; null of a single one.
        rows: Validation rows; null where unknown.
        names: What people call its trials.
    """

    row: int | None
    key: str
    proposed: bool
    chosen: bool
    values: dict[str, float]
    standard_error: float | None
    seed_error: float | None
    rows: int | None
    expected: ExpectedRow | None
    trials: list[int]
    names: list[str]
    words: str


class Front(TypedDict):
    """What is charted.

    Attributes:
        goals: The quality first, then what is to be small or large beside it.
        others: Values of the goals of what has a result and is not on the front.
        sweep: The same of LoRA of each rank at its best rate, which the job's baselines are.
        beside: The chosen configuration where it is off the front.
    """

    goals: list[str]
    rows: list[Row]
    others: list[dict[str, float]]
    sweep: list[dict[str, float]]
    beside: Row | None
    floors: list[FloorLine]
    baselines: Baselines


def describe_front(
    members: Sequence[Estimate[Trial]],
    everything: Sequence[Estimate[Trial]],
    chosen: Estimate[Trial] | None,
    points: Sequence[Point],
    spec: JobSpec,
    preparation: Preparation | None,
    notes: Mapping[int, TrialNote],
    swept: Sequence[Estimate[Trial]] = (),
) -> Front:
    """Plain data.

    Args:
        members: Of the front, ascending by cost.
        everything: All configurations with a result.
        points: The ended trials.
        notes: By the numbers of trials.
        swept: LoRA of each rank.
    """
    marked = find_one_se(members, spec) if members else -1
    keys = {x.key for x in members}
    own = None if chosen is None else chosen.key
    rows = [
        make_row(x, spec, notes, i + 1, i == marked, x.key == own) for i, x in enumerate(members)
    ]
    return {
        "goals": list(spec.goals),
        "rows": rows,
        "others": [_goals_of(x, spec) for x in everything if x.key not in keys],
        "sweep": [_goals_of(x, spec) for x in swept],
        "beside": None if chosen is None or own in keys else make_row(chosen, spec, notes),
        "floors": [floor_json(x, spec) for x in sort_floors(preparation, spec)],
        "baselines": baselines(points, spec),
    }


def make_row(
    found: Estimate[Trial],
    spec: JobSpec,
    notes: Mapping[int, TrialNote],
    row: int | None = None,
    proposed: bool = False,
    chosen: bool = True,
) -> Row:
    """Plain data of one configuration."""
    return {
        "row": row,
        "key": found.key,
        "proposed": proposed,
        "chosen": chosen,
        "values": dict(found.values),
        "standard_error": standard_error(found, spec),
        "seed_error": found.standard_error(spec.task.quality),
        "rows": found.first.validation_rows,
        "expected": expected_json(found.expected),
        "trials": list(found.numbers),
        "names": names_of(found.numbers, notes),
        "words": describe(found.configuration, spec.anatomy),
    }


def _goals_of(found: Estimate[Trial], spec: JobSpec) -> dict[str, float]:
    return {name: found.values[name] for name in spec.goals if name in found.values}
