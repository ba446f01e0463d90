"""A recorded grid with its seeds kept apart, so that some can be held out."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.search.grid import keys_of, read_grid, read_pieces
from benchmarks.search.problem import Problem
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective


@dataclass(frozen=True)
class RecordedSeeds:
    """See `benchmarks.search.problem.Truth`.

    Attributes:
        seeds: By key, validation quality by training seed, in the order of recording.
        tested: By key, mean score on the test rows, less the mean difference between the two
            splits over all trainings.
        seed_variance: Between training seeds, pooled over those with several.
        test_variance: Of what the test rows say of one configuration and not of all: half of the
            variance of the differences between the splits, which two splits make.
        rows: Validation rows.
    """

    seeds: Mapping[str, Mapping[int, float]]
    tested: Mapping[str, float]
    seed_variance: float
    test_variance: float
    rows: int

    def first(self, configuration: Configuration) -> tuple[int, float]:
        """Seed and quality of the training that was recorded first."""
        return next(iter(self.seeds[configuration.key].items()))

    def train(self, configuration: Configuration, seed: int) -> float:
        """See `Truth.train`."""
        return self.seeds[configuration.key][seed]

    def quality(self, configuration: Configuration) -> float:
        """See `Truth.quality`."""
        return self.tested[configuration.key]


def read_seeds(folder: Path) -> Problem:
    """The grid of a folder, whose truth is a `RecordedSeeds`."""
    problem, (about, rows) = read_grid(folder), read_pieces(folder)
    goal = objective(problem.spec.task.quality)
    seen = np.array([goal.signed(row[goal.name]) for row in rows])
    tested = np.array([goal.signed(row[f"test_{goal.name}"]) for row in rows])
    apart = tested - seen
    seeds, worths = defaultdict[str, dict[int, float]](dict), defaultdict[str, list[float]](list)
    for i, (row, key) in enumerate(zip(rows, keys_of(rows, problem.spec), strict=True)):
        seeds[key][row["seed"]] = float(seen[i])
        worths[key].append(float(tested[i] - apart.mean()))
    several = [np.var(list(x.values()), ddof=1) for x in seeds.values() if len(x) > 1]
    truth = RecordedSeeds(
        seeds,
        {key: float(np.mean(x)) for key, x in worths.items()},
        float(np.mean(several)) if several else 0.0,
        float(apart.var(ddof=1)) / 2,
        about["provenance"]["validation_rows"],
    )
    return replace(problem, truth=truth)
