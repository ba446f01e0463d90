"""Searches whose trainings may pause, on recorded grids, in units of whole trainings.

Usage: python -m benchmarks.fidelity.replay [--pairs tweets,amazon,...] [--seeds 10]
Each policy of `policies.py` searches each grid for so many whole trainings' steps; what a look
costs (a pass over the validation rows, a tenth of a training there) is not counted. What is
reported is the front of the runs that came to their end, valued at the mean over seeds, and on
test scores.
`foretold` is a look that shows the end itself: the most that any rule could be told.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from benchmarks.search.portfolio import learnt_elsewhere
from peftsearch.records.trial import Proposal
from peftsearch.search.design import make_design
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.search.memory import Terrain
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import parse_spec
from tests.search.jobs import make_trial

from .policies import Gain, Halving
from .recorded import Grid, Run, read_recorded

BUDGETS = (5, 8, 10, 15, 25)
THIRD, TWO_THIRDS = 1 / 3, 2 / 3


class Policy(Protocol):
    """Chooses what to train next."""

    looks: Sequence[float]

    def choose(self, runs: Sequence[Run], seed: int) -> Run | Configuration | None:
        """A run to go on with, or a configuration to begin."""


Make = Callable[[Grid, Terrain], Policy]


def _by_gain(*looks: float) -> Make:
    def make(grid: Grid, terrain: Terrain) -> Policy:
        problem = grid.problem
        found = find_reference_point(terrain.spec, [], terrain.space, problem.preparation)
        return Gain(terrain, found, looks)

    return make


POLICIES: dict[str, tuple[Make, bool]] = {
    "ours, whole trainings": (_by_gain(), False),
    "ours, pausing at 1/3": (_by_gain(THIRD), False),
    "ours, pausing at 1/3 and 2/3": (_by_gain(THIRD, TWO_THIRDS), False),
    "ours, pausing at 1/3, foretold": (_by_gain(THIRD), True),
    "random, whole trainings": (lambda grid, terrain: Halving(terrain, ()), False),
    "random, MO-ASHA at 1/3": (lambda grid, terrain: Halving(terrain, (THIRD,)), False),
}


def search(grid: Grid, make: Make, seed: int) -> tuple[list[tuple[float, float]], list[Run]]:
    """Shares of the best hypervolume, and on test scores, at each budget; and all runs."""
    terrain, rng = Terrain(grid.problem.spec), np.random.default_rng(seed)
    policy, runs, paid = make(grid, terrain), list[Run](), 0.0
    shares: list[tuple[float, float]] = []
    fixed = _begin(terrain, isinstance(policy, Halving))
    while len(shares) < len(BUDGETS):
        while len(shares) < len(BUDGETS) and paid >= BUDGETS[len(shares)] - 1e-6:
            shares.append(_report(grid, runs))
        looked = sum(x.done for x in runs)
        chosen = fixed.pop(0) if fixed else policy.choose(runs, 1_000 * seed + looked)
        if chosen is None:
            shares += [_report(grid, runs)] * (len(BUDGETS) - len(shares))
            break
        if isinstance(chosen, Configuration):
            runs.append(chosen := grid.start(chosen, policy.looks, rng))
        before, chosen.done = chosen.paid, chosen.done + 1
        paid += chosen.paid - before
    return shares, runs


def _begin(terrain: Terrain, plain: bool) -> list[Configuration]:
    """What the design fixes; of a plain search the probe."""
    document = terrain.spec.to_json() | {"budget": {"trials": BUDGETS[-1]}}
    fixed = [x for x, _ in make_design(parse_spec(document), terrain.space).fixed]
    return fixed[:1] if plain else fixed


def _report(grid: Grid, runs: Sequence[Run]) -> tuple[float, float]:
    done = [x for x in runs if x.complete]
    trials = [
        make_trial(i, Proposal(x.configuration, i, "search"), x.end) for i, x in enumerate(done)
    ]
    problem, tested = grid.problem, grid.problem.tested or grid.problem
    return (problem.share(trials), tested.share(trials)) if trials else (0.0, 0.0)


def main() -> None:
    """Print a table for each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", default="tweets,amazon,shallow-tweets,digits")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    with threadpool_limits(1):
        for pair in options.pairs.split(","):
            grid = read_recorded(Path("benchmarks/ground") / pair)
            print(f"\n{pair}, {options.seeds} searches\n")
            head = " | ".join(f"{x}, on test scores" for x in BUDGETS)
            print(f"| policy | {head} | begun, ended |\n{'|---' * (len(BUDGETS) + 2)}|")
            for name, (make, foretold) in POLICIES.items():
                print(_line(name, replace(grid, foretold=foretold), make, options.seeds))


def _line(name: str, grid: Grid, make: Make, seeds: int) -> str:
    found, counts = [], []
    for seed in range(seeds):
        with learnt_elsewhere(grid.problem):
            shares, runs = search(grid, make, seed)
        found.append(shares)
        counts.append((len(runs), sum(x.complete for x in runs)))
    means, errors = np.mean(found, axis=0), stats.sem(found, axis=0)
    cells = [f"{x[0]:.3f} ± {y[0]:.3f}, {x[1]:.3f}" for x, y in zip(means, errors, strict=True)]
    begun, ended = np.mean(counts, axis=0)
    return f"| {name} | {' | '.join(cells)} | {begun:.0f}, {ended:.0f} |"


if __name__ == "__main__":
    main()
