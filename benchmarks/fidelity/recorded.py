"""Recorded trainings that may pause: what each look at a part of the schedule would have shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.grid import keys_of, read_both, read_pieces
from benchmarks.search.problem import Problem
from peftsearch.spaces.configurations.configuration import Configuration

QUALITY = "accuracy"
COLUMNS = {1 / 3: "at_1_3", 2 / 3: "at_2_3"}
"""Shares of the schedule at which trainings were looked at, as columns are named."""
RISE = 0.01
"""From a look that foretells the end to the end: a constant, which a model learns."""
FREE = 1e-9
"""What a training costs in which nothing is trained, in whole ones."""


@dataclass
class Run:
    """One training and how far it has come.

    Attributes:
        stages: Shares of the schedule and the quality there, the end last.
        done: How many of them it has reached.
    """

    configuration: Configuration
    stages: Sequence[tuple[float, float]]
    done: int = 0

    @property
    def complete(self) -> bool:
        """Whether it has come to its end."""
        return self.done == len(self.stages)

    @property
    def paid(self) -> float:
        """Share of the schedule that was trained."""
        return self.stages[self.done - 1][0] if self.done else 0.0

    @property
    def seen(self) -> float:
        """The quality at the latest look."""
        return self.stages[self.done - 1][1]

    @property
    def end(self) -> float:
        """Its quality in the end."""
        return self.stages[-1][1]


@dataclass(frozen=True)
class Grid:
    """A recorded grid by key.

    Attributes:
        rows: Its trainings, one for each seed.
        foretold: Whether looks show the end itself: more than any look can.
    """

    problem: Problem
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    foretold: bool = False

    def start(
        self, configuration: Configuration, looks: Sequence[float], rng: np.random.Generator
    ) -> Run:
        """One of its seeds, looked at there: the mean of recent weights, where it was recorded."""
        rows = self.rows[configuration.key]
        row = rows[int(rng.integers(len(rows)))]
        if configuration.frozen:
            return Run(configuration, ((FREE, row[QUALITY]),))
        seen = [(share, self._look(row, share)) for share in looks]
        return Run(configuration, (*seen, (1.0, row[QUALITY])))

    def _look(self, row: Mapping[str, Any], share: float) -> float:
        column = COLUMNS[share]
        averaged, raw = row.get(f"{QUALITY}_average_{column}"), row[f"{QUALITY}_{column}"]
        if self.foretold:
            return float(row[QUALITY]) - RISE
        return float(raw if averaged is None else averaged)


def read_recorded(folder: Path) -> Grid:
    """The grid of a folder, of trainings whose looks were recorded."""
    problem = read_both(folder)
    _, rows = read_pieces(folder)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row, key in zip(rows, keys_of(rows, problem.spec), strict=True):
        groups.setdefault(key, []).append(row)
    return Grid(problem, groups)
