"""What a job gains by an earlier one's front, where trainings are looked up.

Usage: python -m benchmarks.search.carried SOURCE TARGET [--seeds 10] [--budget 25]
For each seed a search of SOURCE, the folder of a recorded grid, is the earlier job. TARGET is then
searched without it, with it, and with it after its qualities were shuffled among its trials: a job
that says nothing. Shares of the best hypervolume by trainings, and the paired differences to the
search without, with standard errors; of the test scores once more.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from peftsearch.records.axes import cost_of
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.preparation import Lesson
from peftsearch.records.trial import Trial
from peftsearch.search.goals.observations import find_front, observe
from peftsearch.search.lessons import learn

from .grid import read_both
from .methods import METHODS, follow
from .problem import Problem

LOOKS = (4, 6, 8, 10, 15, 25)
EARLIER = 1_000
"""Added to the seed of the earlier job."""
Shares = list[tuple[float, float]]


def run(problem: Problem, seed: int, budget: int) -> tuple[list[Trial], Shares]:
    """One search; its trials, and shares by validation and test scores at each look."""
    trials: list[Trial] = []
    shares: Shares = []
    for trials in follow(problem, METHODS["ours"], seed, budget):
        if len(trials) in LOOKS:
            tested = problem.tested or problem
            shares.append((problem.share(trials), tested.share(trials)))
    return trials, shares


def teach(problem: Problem, trials: Sequence[Trial]) -> Lesson:
    """What an earlier job leaves to a new one."""
    spec = problem.spec
    front = [
        FrontPoint(
            x.configuration.key,
            x.configuration,
            {"accuracy": x.quality, spec.objectives.cost: cost_of(spec, x.configuration)},
            (),
            0,
        )
        for x in find_front(observe(spec, trials))
    ]
    return learn(problem.name, spec, front, problem.preparation)


def shuffle(trials: Sequence[Trial], seed: int) -> list[Trial]:
    """The same configurations with each other's measurements."""
    order = np.random.default_rng(seed).permutation(len(trials))
    return [
        replace(x, measurements=trials[i].measurements) for x, i in zip(trials, order, strict=True)
    ]


def with_lesson(problem: Problem, lesson: Lesson) -> Problem:
    """The problem with an earlier job beside it."""
    return replace(problem, preparation=replace(problem.preparation, lessons=(lesson,)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=25)
    options = parser.parse_args()
    source, target = read_both(options.source), read_both(options.target)
    found: dict[str, list[Shares]] = {"alone": [], "after it": [], "after it, shuffled": []}
    with threadpool_limits(1):
        for seed in range(options.seeds):
            trials, _ = run(source, seed + EARLIER, options.budget)
            told = (teach(source, trials), teach(source, shuffle(trials, seed)))
            problems = [target, *(with_lesson(target, x) for x in told)]
            for name, problem in zip(found, problems, strict=True):
                found[name].append(run(problem, seed, options.budget)[1])
    looks = [x for x in LOOKS if x <= options.budget]
    print(f"{target.name} after {source.name}, {options.seeds} searches\n")
    print(f"| search | scores | {' | '.join(map(str, looks))} |\n{'|---' * (len(looks) + 2)}|")
    for name, rows in found.items():
        for column, scores in enumerate(("validation", "test")):
            print(_line(name, scores, _pick(rows, column), _pick(found["alone"], column)))


def _pick(rows: Sequence[Shares], column: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(rows)[:, :, column]


def _line(name: str, scores: str, own: Any, base: Any) -> str:
    means, apart = own.mean(0), own - base
    cells = [f"{x:.3f}" for x in means]
    if apart.any():
        errors = stats.sem(apart, axis=0)
        both = zip(cells, apart.mean(0), errors, strict=True)
        cells = [f"{x} ({y:+.3f}, {z:.3f})" for x, y, z in both]
    return f"| {name} | {scores} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
