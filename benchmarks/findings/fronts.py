"""The front of a recorded grid beside that of a sweep of uniform LoRA."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ground.columns import Matrix
from benchmarks.search.grid import read_grid
from benchmarks.search.problem import Problem, reported
from peftsearch.insight.points import is_plain_lora
from peftsearch.records.axes import cost_of
from peftsearch.spaces.space.presets import make_space

DRAWS = 500


class Grid:
    """Costs, validation and test scores (both means over seeds) of what a folder has, `n` each."""

    def __init__(self, folder: Path) -> None:
        self.problem: Problem = read_grid(folder, on_test=True)
        self.members = make_space(self.problem.spec).members
        truth: Any = self.problem.truth
        self.costs = np.array([cost_of(self.problem.spec, x) for x in self.members])
        self.seen = np.array([np.mean(truth.seen[x.key]) for x in self.members])
        self.worth = np.array([truth.quality(x) for x in self.members])
        self.swept = np.flatnonzero([is_plain_lora(x) for x in self.members])

    def front(self, of: Sequence[int] | Matrix) -> Matrix:
        """Positions of the front of some, by validation scores, cheapest first."""
        which = np.asarray(of, int)
        return which[reported(self.costs[which], self.seen[which])]

    def volume(self, of: Sequence[int] | Matrix) -> float:
        """Hypervolume on test scores of the front that validation scores chose of some."""
        front = self.front(of)
        return self.problem.volume(np.column_stack([self.costs[front], self.worth[front]]))


def compare_sweep(grid: Grid) -> dict[str, Any]:
    """Shares of the whole's hypervolume, and what the best by validation scores on the test."""
    rng = np.random.default_rng(0)
    everything = np.arange(len(grid.members))
    others = np.setdiff1d(everything, grid.swept)
    count = min(len(grid.swept), len(others))
    whole = grid.volume(everything)
    drawn = [grid.volume(rng.choice(others, count, replace=False)) / whole for _ in range(DRAWS)]

    def best(of: Matrix) -> float:
        return float(grid.worth[of[np.argmax(grid.seen[of])]])

    return {
        "recorded": len(everything),
        "swept": len(grid.swept),
        "sweep": grid.volume(grid.swept) / whole,
        "as many at random": [float(np.mean(drawn)), float(np.std(drawn))],
        "best on the test split": {"all": best(everything), "sweep": best(grid.swept)},
    }
