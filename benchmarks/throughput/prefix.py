"""What keeping the hidden states below the lowest trained layer could save, at most.

Usage: python -m benchmarks.throughput.prefix [--pairs tweets,digits] [--seeds 3]
A step passes all `L` layers forward, and those from the lowest trained one, `k`, backward, which
with frozen weights takes about as long as forward: L + (L - k). With the states below `k` kept
from an epoch or trial before it takes 2 (L - k). Told is the share of a job's training time that
this saves, were the keeping free: of a recorded list, of what the engine trains of it, and of
random configurations of presets on the first pair's model.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.search.grid import read_grid
from benchmarks.search.methods import METHODS, follow
from benchmarks.search.problem import Problem
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.space.presets import PRESETS, make_space

BUDGET, DRAWN = 25, 500


def find_lowest(configuration: Configuration) -> int:
    """Number of layers below the lowest that carries anything; none where inputs are virtual."""
    carried = [i for i, layer in enumerate(configuration.profile) if layer]
    return 0 if configuration.input is not None or not carried else carried[0]


def tell(configurations: Sequence[Configuration]) -> str:
    """Cells of a table: how many begin at the first layer, and what is saved of the time."""
    trained = [x for x in configurations if not x.frozen]
    lowest, depth = [find_lowest(x) for x in trained], trained[0].depth
    now = sum(2 * depth - k for k in lowest)
    kept = sum(2 * (depth - k) for k in lowest)
    first = sum(k == 0 for k in lowest) / len(lowest)
    return f"{len(trained)} | {first:.0%} | {1 - kept / now:.1%}"


def visit(problem: Problem, seeds: int) -> list[Configuration]:
    """What searches of the engine train."""
    found = []
    for seed in range(seeds):
        *_, trials = follow(problem, METHODS["ours"], seed, BUDGET)
        found += [x.configuration for x in trials]
    return found


def draw(spec: JobSpec, preset: str) -> list[Configuration]:
    """Random configurations of a preset on a job's model."""
    space = make_space(parse_spec(spec.to_json() | {"space": {"preset": preset}}))
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(DRAWN)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", default="tweets,amazon,digits")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("| pair | trainings | begin at the first layer | saved |\n|---|---|---|---|")
    with threadpool_limits(1):
        for pair in options.pairs.split(","):
            problem = read_grid(Path("benchmarks/ground") / pair)
            print(f"| {pair}, recorded list | {tell(make_space(problem.spec).members)} |")
            print(f"| {pair}, as searched | {tell(visit(problem, options.seeds))} |", flush=True)
    model = read_grid(Path("benchmarks/ground") / options.pairs.split(",")[0]).spec
    for preset in PRESETS:
        print(f"| preset {preset} | {tell(draw(model, preset))} |")


if __name__ == "__main__":
    main()
