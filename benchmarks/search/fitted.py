"""A made task whose truth is fitted to a recorded grid, so that the whole space can be searched.

As NAS-Bench-301 (Zela et al., arXiv 2008.09777) does for architectures: boosted trees of what was
recorded answer for all that was not; no method that is compared here models with trees. A training
seed adds normal noise of the deviation that second seeds of the grid have, and the validation rows
add what they say for or against each configuration, whatever the seed: half of the standard error
of the best floor (docs/decisions/0042), which trees of smooth columns do not have. Of a grid
without second seeds a seed adds a quarter of that error. What it is worth as evidence is its rank
correlation on held-out configurations:

    python -m benchmarks.search.fitted benchmarks/ground/tweets
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ground.columns import columns
from benchmarks.ground.tell import pooled_deviation
from benchmarks.ground.trees import held_out, make_model
from peftsearch.records.axes import cost_of
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.space.neighbours import neighbours
from peftsearch.spaces.space.presets import make_space

from .grid import RecordedTruth, read_grid
from .problem import Matrix, Problem, reported

DRAWN, ROUNDS = 20_000, 8
"""Random configurations, and times that the neighbours of the best front are looked at, to find
what there is."""
ROWS_SHARE = 0.5
"""Of the standard error on the validation rows, what differs between configurations."""
SEEDS_SHARE = 0.25
"""Of the same, what training seeds differ by where none was recorded twice: as on tweets."""


@dataclass(frozen=True)
class FittedTruth:
    """Answers of the trees.

    Attributes:
        model: Fitted on `columns` and the logarithm of the cost.
        deviation: Between training seeds.
        of_rows: Deviation of what the validation rows say of a configuration.
    """

    spec: JobSpec
    model: Any
    deviation: float
    of_rows: float = 0.0

    def quality(self, configuration: Configuration) -> float:
        """See `Truth.quality`."""
        return float(self.qualities([configuration])[0])

    def qualities(self, configurations: Sequence[Configuration]) -> Matrix:
        """Of many at once, `n`."""
        found: Matrix = self.model.predict(_numbers(self.spec, configurations))
        return found

    def train(self, configuration: Configuration, seed: int) -> float:
        """See `Truth.train`. Of seed 0, which no proposal has, both draws are equal: numpy fills a
        seed up with zeros."""
        key = int(configuration.key, 16)
        of_rows, of_seed = (np.random.default_rng(x).standard_normal() for x in (key, (key, seed)))
        noise = self.of_rows * float(of_rows) + self.deviation * float(of_seed)
        return self.quality(configuration) + noise


def read_fitted(folder: Path) -> Problem:
    """The open space of the grid's job, with trees in place of trainings."""
    grid = read_grid(folder)
    truth = fit(grid)
    spec = parse_spec(grid.spec.to_json() | {"space": {}, "budget": {"trials": 200}})
    best = partial(find_front, truth, spec)
    return Problem(f"fitted {grid.name}", spec, truth, grid.preparation, grid.reference, best)


def fit(grid: Problem) -> FittedTruth:
    """Trees of a grid's means over seeds."""
    members, seen, worth = _recorded(grid)
    several, deviation = pooled_deviation(seen)
    model = make_model(0).fit(_numbers(grid.spec, members), worth)
    floor = grid.preparation.best(grid.spec.task.quality)
    error = 0.0 if floor is None else floor.standard_error or 0.0
    deviation = deviation if several else SEEDS_SHARE * error
    return FittedTruth(grid.spec, model, deviation, ROWS_SHARE * error)


def _numbers(spec: JobSpec, configurations: Sequence[Configuration]) -> Matrix:
    """What the trees see, `n x d`. Without the cost, they give a single bias what it takes six
    layers of them to reach: of such small ones a grid has few."""
    costs = np.array([cost_of(spec, x) for x in configurations])
    return np.column_stack([columns(configurations)[0], np.log10(1 + costs)])


def _recorded(grid: Problem) -> tuple[Sequence[Configuration], list[Sequence[float]], Matrix]:
    """Configurations, what each seed gave, and the means, `n` each."""
    truth, members = grid.truth, make_space(grid.spec).members
    assert isinstance(truth, RecordedTruth)
    seen = [truth.seen[x.key] for x in members]
    return members, seen, np.array([np.mean(x) for x in seen])


def find_front(truth: FittedTruth, spec: JobSpec) -> Matrix:
    """Cost and quality of the best front that random configurations and the neighbours of what
    they show come to, `n x 2`."""
    space, rng = make_space(spec), np.random.default_rng(0)
    front, fresh = _Front(truth, spec), [space.sample(rng) for _ in range(DRAWN)]
    for _ in range(ROUNDS):
        members = front.add(fresh)
        fresh = [y for x in members for y in neighbours(space, x) if y.key not in front.known]
        if not fresh:
            break
    return front.points


class _Front:
    """What is best so far."""

    def __init__(self, truth: FittedTruth, spec: JobSpec) -> None:
        self._truth, self._spec = truth, spec
        self.known: set[str] = set()
        self.members: list[Configuration] = []
        self.points: Matrix = np.empty((0, 2))

    def add(self, fresh: Sequence[Configuration]) -> list[Configuration]:
        """Look at more; those that are on the front now."""
        self.known |= {x.key for x in fresh}
        costs = [cost_of(self._spec, x) for x in fresh]
        new = np.column_stack([costs, self._truth.qualities(fresh)])
        members, points = [*self.members, *fresh], np.concatenate([self.points, new])
        kept = reported(points[:, 0], points[:, 1])
        self.members, self.points = [members[i] for i in kept], points[kept]
        return self.members


def main() -> None:
    """Say what the answers are worth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    grid = read_grid(parser.parse_args().folder)
    members, _, means = _recorded(grid)
    told = held_out(_numbers(grid.spec, members), means, {})
    print(
        f"{len(means)} configurations; held out: rank correlation "
        f"{np.mean(told['rank_correlation']):.2f}, R2 {np.mean(told['explained']):.2f}; "
        f"standard deviation between seeds {fit(grid).deviation:.4f}"
    )


if __name__ == "__main__":
    main()
