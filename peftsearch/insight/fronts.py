"""The front as charts show it: its points, with the knee and how sure each is."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from typing_extensions import TypedDict

from peftsearch.records.front_points import FrontEntry
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.results.picks.rules import knee
from peftsearch.spaces.jobspec.spec import JobSpec

from .points import Point


class MeanPoint(TypedDict):
    """A configuration at the mean over its seeds.

    Attributes:
        standard_error: Of the quality on the validation split; null where unknown.
        trials: Numbers of its seeds' trials.
        description: The configuration in words.
    """

    key: str
    values: dict[str, float]
    standard_error: float | None
    seeds: int
    trials: list[int]
    description: str
    configuration: dict[str, Any]


class FrontRow(MeanPoint):
    """A configuration on the front.

    Attributes:
        row: Its place in ascending cost, from 1.
        entered: The job's event at which it entered.
    """

    row: int
    knee: bool
    entered: int


class Stay(TypedDict):
    """One stay of a configuration on the front, from `entered` until before `left`."""

    key: str
    values: dict[str, float]
    standard_error: float | None
    trials: list[int]
    entered: int
    left: int | None
    words: str


def front_rows(
    entries: Sequence[FrontEntry], points: Mapping[int, Point], spec: JobSpec
) -> list[FrontRow]:
    """Plain data of each point, with JSON fragments that `orjson` writes as they are.

    Args:
        entries: By ascending cost.
        points: The ended trials by number.
    """
    marked = knee(entries, spec) if entries else -1
    return [
        {
            **mean_point(entry.values, entry.trials, points[entry.trials[0]], spec),
            "row": i + 1,
            "knee": i == marked,
            "entered": entry.entered,
        }
        for i, entry in enumerate(entries)
    ]


def mean_point(
    values: Mapping[str, float], trials: Sequence[int], first: Point, spec: JobSpec
) -> MeanPoint:
    """One configuration.

    Args:
        values: Means over the seeds.
        trials: Numbers of the seeds' trials.
        first: One of these trials.
    """
    # A fragment is written as it is: encoding the configurations would take most of the time.
    configuration: Any = orjson.Fragment(first.configuration)
    return {
        "key": first.key,
        "values": dict(values),
        "standard_error": sampling_error(spec, values, first.validation_rows, first.quality_error),
        "seeds": len(trials),
        "trials": list(trials),
        "description": first.words,
        "configuration": configuration,
    }


def stay(entry: FrontEntry, first: Point, spec: JobSpec) -> Stay:
    """One stay on the front, for the replay.

    Args:
        first: A trial of the entry's key.
    """
    return {
        "key": entry.key,
        "values": dict(entry.values),
        "standard_error": sampling_error(
            spec, entry.values, first.validation_rows, first.quality_error
        ),
        "trials": list(entry.trials),
        "entered": entry.entered,
        "left": entry.left,
        "words": first.words,
    }
