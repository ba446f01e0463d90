"""What lucky scores keep off a front: hypervolume by the scores that a job reports, by what its
model expects of further trainings, and by the truth, of the same trainings.

Usage: python -m benchmarks.search.lucky [PROBLEM ...] [--seeds 3] [--budget 100]
Problems as `run` names them. Each search is one of ours; at each look the front is chosen by one
of the three, and what its members are worth is the true quality, as a share of the best front's.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from peftsearch.records.axes import cost_of
from peftsearch.records.estimates import estimate_each
from peftsearch.records.trial import Trial
from peftsearch.search.expectations import expect

from .methods import METHODS, follow
from .problem import Problem, reported
from .run import open_problem

LOOKS = (25, 50, 75, 100)
WAYS = ("reported scores", "expected", "truth")
PROBLEMS = ("fitted:benchmarks/ground/amazon", "fitted:benchmarks/ground/tweets")


def score(problem: Problem, trials: Sequence[Trial]) -> list[float]:
    """True share of hypervolume of the fronts by each of `WAYS`."""
    found = estimate_each(trials)
    told = expect(problem.spec, trials, problem.preparation)
    costs = np.array([cost_of(problem.spec, x.configuration) for x in found])
    seen = np.array([x.values[problem.spec.task.quality] for x in found])
    means = [told[x.key].mean if x.key in told else y for x, y in zip(found, seen, strict=True)]
    truth = np.array([problem.truth.quality(x.configuration) for x in found])
    fronts = [reported(costs, qualities) for qualities in (seen, np.array(means), truth)]
    return [
        problem.volume(np.column_stack([costs[kept], truth[kept]])) / problem.volume(problem.best)
        for kept in fronts
    ]


def main() -> None:
    """Search, and print a table for each problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", default=PROBLEMS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", type=int, default=100)
    options = parser.parse_args()
    for problem in map(open_problem, options.problems):
        rows: dict[int, list[list[float]]] = {}
        with threadpool_limits(1):
            for seed in range(options.seeds):
                for trials in follow(problem, METHODS["ours"], seed, options.budget):
                    if len(trials) in LOOKS:
                        rows.setdefault(len(trials), []).append(score(problem, trials))
        print(f"{problem.name}, {options.seeds} searches\n\n| trainings | {' | '.join(WAYS)} |")
        print("|---|---|---|---|")
        for look, found in rows.items():
            means, errors = np.mean(found, axis=0), stats.sem(found, axis=0)
            cells = [f"{x:.3f} ± {y:.3f}" for x, y in zip(means, errors, strict=True)]
            print(f"| {look} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
