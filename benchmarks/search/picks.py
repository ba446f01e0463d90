"""What the rules that pick a point of a front are worth: their picks' scores on the test split.

Usage: python -m benchmarks.search.picks [FOLDER ...] [--seeds 10] [--budget 25]
Each search is one of ours over a recorded grid, whose rows have a score on a validation and on a
test split of their own. A table a grid: by rule the mean test score of what it picks, with its
standard error over searches, the test score beside that of `best`, its parameters as a geometric
mean, and by how much its score on the validation rows is above that on the test rows.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from peftsearch.records.axes import cost_of
from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.trial import Trial
from peftsearch.results.picks.rules import find_one_se, knee
from peftsearch.search.expectations import expect
from peftsearch.spaces.jobspec.spec import JobSpec

from .grid import read_both
from .methods import METHODS, follow
from .problem import Problem, reported

Front = Sequence[Estimate[Trial]]
Rule = Callable[[Front, JobSpec], int]
FEWEST = 1_000.0
"""Parameters that a geometric mean counts at least."""


def _best(front: Front, spec: JobSpec) -> int:
    return max(range(len(front)), key=lambda i: front[i].values[spec.task.quality])


def _raw(front: Front, spec: JobSpec) -> int:
    return find_one_se([replace(x, expected=None) for x in front], spec)


RULES: Mapping[str, Rule] = {
    "best": _best,
    "1se": find_one_se,
    "1se of raw means": _raw,
    "knee": knee,
}


def search(problem: Problem, seed: int, budget: int) -> list[Trial]:
    """The trials of one job of ours, each as sure as the grid's validation rows make it."""
    (*_, trials) = follow(problem, METHODS["ours"], seed, budget)
    rows = {"validation_rows": count_rows(problem)}
    return [replace(x, provenance=rows) for x in trials]


def count_rows(problem: Problem) -> int:
    """Of the validation split, by the standard error of the best floor, a share of them."""
    floors = problem.preparation.floors
    floor = max(floors, key=lambda x: x.measurements[problem.spec.task.quality])
    share, error = floor.measurements[problem.spec.task.quality], floor.standard_error
    assert error is not None
    return round(share * (1 - share) / error**2)


def find_front(problem: Problem, trials: Sequence[Trial]) -> list[Estimate[Trial]]:
    """What the job reports, ascending by cost, with what is expected of it."""
    spec, told = problem.spec, expect(problem.spec, trials, problem.preparation)
    found = estimate_each(trials)
    costs = [float(cost_of(spec, x.configuration)) for x in found]
    kept = reported(np.array(costs), np.array([x.values[spec.task.quality] for x in found]))
    return [
        replace(
            found[i],
            values={**found[i].values, spec.objectives.cost: costs[i]},
            expected=told.get(found[i].key),
        )
        for i in kept
    ]


def score(problem: Problem, front: Front) -> dict[str, tuple[float, float, float]]:
    """By rule the test score, the logarithm of parameters, and what validation is above test."""
    assert problem.tested is not None
    rows = {}
    for name, rule in RULES.items():
        picked = front[rule(front, problem.spec)]
        tested = problem.tested.truth.quality(picked.configuration)
        cost = np.log10(max(picked.values[problem.spec.objectives.cost], FEWEST))
        rows[name] = (tested, float(cost), picked.values[problem.spec.task.quality] - tested)
    return rows


def tell(found: Sequence[Mapping[str, tuple[float, float, float]]]) -> str:
    """The table of one grid."""
    lines = [
        "| rule | test | beside best | parameters | validation above test |",
        "|---|---|---|---|---|",
    ]
    best = np.array([x["best"][0] for x in found])
    for name in RULES:
        tested, cost, above = np.array([x[name] for x in found]).T
        apart = tested - best
        lines.append(
            f"| {name} | {tested.mean():.4f} ± {stats.sem(tested):.4f} | {apart.mean():+.4f} ± "
            f"{stats.sem(apart):.4f} | {10 ** cost.mean():,.0f} | {above.mean():+.4f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Search each grid, and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    ground = Path("benchmarks/ground")
    named = [ground / x for x in ("tweets", "amazon", "shallow-tweets", "digits")]
    parser.add_argument("folders", nargs="*", type=Path, default=named)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=25)
    options = parser.parse_args()
    with threadpool_limits(1):
        for folder in options.folders:
            problem = read_both(folder)
            searches = [search(problem, seed, options.budget) for seed in range(options.seeds)]
            found = [score(problem, find_front(problem, trials)) for trials in searches]
            print(
                f"{problem.name}, {options.seeds} searches of {options.budget}\n\n{tell(found)}\n"
            )


if __name__ == "__main__":
    main()
