"""A recorded grid as a problem: what would have been trained is looked up.

A grid is a folder as `benchmarks.ground.record` writes it: Parquet pieces with a row for each
training, columns `configuration` (JSON), `seed`, one for each measurement and `test_...` for the
test split; the job in the metadata of their schema; and `JOB.json` with its floors. The search
runs over its configurations as a closed space.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from peftsearch.records.axes import cost_of
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.search.goals.reference_point import cost_range, floor_quality, make_reference_point
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.space.presets import make_space

from .problem import Problem, reported

RECORDED = "recorded"
"""What stands for the rows of such a problem, and for its model."""


@dataclass(frozen=True)
class RecordedTruth:
    """Look-up by key.

    Attributes:
        seen: Validation quality of each recorded seed, maximised.
        worth: What a configuration is worth: the mean over its seeds.
    """

    seen: Mapping[str, Sequence[float]]
    worth: Mapping[str, float]

    def train(self, configuration: Configuration, seed: int) -> float:
        """See `Truth.train`. A repeat beyond the recorded seeds is one of them again."""
        found = self.seen[configuration.key]
        return found[seed % len(found)]

    def quality(self, configuration: Configuration) -> float:
        """See `Truth.quality`."""
        return self.worth[configuration.key]


def read_both(folder: Path) -> Problem:
    """The grid of a folder, with its test scores beside it."""
    return replace(read_grid(folder), tested=read_grid(folder, on_test=True))


def read_grid(folder: Path, on_test: bool = False) -> Problem:
    """The grid of a folder.

    Args:
        on_test: Whether what a configuration is worth is its score on the test split.
    """
    about, rows = read_pieces(folder)
    spec = _read_spec(about["spec"], rows)
    goal, names = objective(spec.task.quality), keys_of(rows, spec)
    seen, worth = defaultdict(list), defaultdict(list)
    column = f"test_{goal.name}" if on_test else goal.name
    for row, key in zip(rows, names, strict=True):
        seen[key].append(goal.signed(row[goal.name]))
        worth[key].append(goal.signed(row[column]))
    truth = RecordedTruth(seen, {key: float(np.mean(x)) for key, x in worth.items()})
    return _make_problem(folder.name, spec, truth, _read_floors(folder, goal.name))


def read_pieces(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the first piece says of the job, and all trainings that came to their end."""
    tables = [pq.read_table(path) for path in sorted(folder.glob("*.parquet"))]
    about: dict[str, Any] = json.loads(tables[0].schema.metadata[b"ground"])
    rows = [row for table in tables for row in table.to_pylist() if row.get("failure") is None]
    return about, rows


def _read_spec(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> JobSpec:
    """The job over what was recorded; its model and rows are not needed again."""
    listed = {row["configuration"]: json.loads(row["configuration"]) for row in rows}
    changed = {
        "model": document["model"] | {"path": RECORDED},
        "task": document["task"] | {"train": RECORDED},
        "space": {"configurations": list(listed.values())},
        "search": {},
        "budget": {"trials": len(listed)},
    }
    return parse_spec({**document, **changed})


def keys_of(rows: Sequence[Mapping[str, Any]], spec: JobSpec) -> list[str]:
    """The key of each row's configuration."""
    layers = spec.anatomy.layers
    return [Configuration.from_json(json.loads(x["configuration"]), layers).key for x in rows]


def _read_floors(folder: Path, quality: str) -> Preparation:
    found = next(iter(sorted(folder.glob("*.json"))), None)
    about = {} if found is None else json.loads(found.read_text())
    known = {label: x for label, x in about.get("floors", {}).items() if quality in x}
    errors = about.get("standard_errors", {})
    floors = (Floor(f"floor{i}", x, known[x], errors.get(x)) for i, x in enumerate(known))
    return Preparation(tuple(floors))


def _make_problem(
    name: str, spec: JobSpec, truth: RecordedTruth, preparation: Preparation
) -> Problem:
    space = make_space(spec)
    costs = np.array([cost_of(spec, x) for x in space.members])
    worth = np.array([truth.quality(x) for x in space.members])
    kept = reported(costs, worth)
    floor = floor_quality(spec, preparation)
    reference = make_reference_point(spec, None, cost_range(spec, space), floor)
    best = np.column_stack([costs[kept], worth[kept]])
    name = f"{name}, {len(worth)} recorded"  # searches of a grid that has grown are others
    return Problem(name, spec, truth, preparation, reference, lambda: best)
