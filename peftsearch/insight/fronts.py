"""The front as charts show it: its points, with the knee and how sure each is."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from peftsearch.records.front_points import FrontEntry
from peftsearch.results.pick import knee
from peftsearch.results.views import sampling_error
from peftsearch.spaces.jobspec.spec import JobSpec

from .points import Point


def front_rows(
    entries: Sequence[FrontEntry], points: Mapping[int, Point], spec: JobSpec
) -> list[dict[str, Any]]:
    """Plain data of each point, with JSON fragments that `orjson` writes as they are.

    Args:
        entries: By ascending cost.
        points: The ended trials by number.
    """
    marked = knee(entries, spec) if entries else -1
    return [
        {"row": i + 1, "knee": i == marked, **front_row(entry, points[entry.trials[0]], spec)}
        for i, entry in enumerate(entries)
    ]


def front_row(entry: FrontEntry, first: Point, spec: JobSpec) -> dict[str, Any]:
    """One point without its place on the front.

    Args:
        first: A trial of the entry's key.
    """
    return _entry(entry, first, spec) | {
        "seeds": len(entry.trials),
        "description": first.words,
        "configuration": orjson.Fragment(first.configuration),
    }


def stay(entry: FrontEntry, first: Point, spec: JobSpec) -> dict[str, Any]:
    """One stay on the front, for the replay.

    Args:
        first: A trial of the entry's key.
    """
    return _entry(entry, first, spec) | {"left": entry.left, "words": first.words}


def _entry(entry: FrontEntry, first: Point, spec: JobSpec) -> dict[str, Any]:
    return {
        "key": entry.key,
        "values": dict(entry.values),
        "standard_error": sampling_error(spec, entry.values, first.validation_rows),
        "trials": list(entry.trials),
        "entered": entry.entered,
    }
