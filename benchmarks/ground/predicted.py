"""Whether the predicted front holds: how often its 95 % intervals have the true quality.

Our searches are answered at once, by a made-up task or by trees fitted to a recorded grid. After
25 and 40 trainings the front is predicted, as pages show it on request, and each of its
configurations held against its truth: those that were trained, and the others.

Usage: python -m benchmarks.ground.predicted fitted:benchmarks/ground/tweets,upper --draws 5
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.search.methods import METHODS, follow
from benchmarks.search.portfolio import learnt_elsewhere
from benchmarks.search.problem import Problem
from benchmarks.search.run import open_problem
from peftsearch.records.trial import Trial
from peftsearch.search.belief import believe
from peftsearch.search.predicted_front import predict_front

LOOKS = (25, 40)


class Seen(NamedTuple):
    """One configuration of a predicted front.

    Attributes:
        gap: Its true quality less what was expected.
        width: Of the interval.
    """

    trainings: int
    trained: bool
    covered: bool
    gap: float
    width: float


def look(problem: Problem, trials: list[Trial]) -> Iterator[Seen]:
    """What the records let one predict, beside the truth; nothing where they say too little."""
    with learnt_elsewhere(problem):
        belief = believe(problem.spec, trials, problem.preparation)
    keys = {x.key for x in trials}
    for one in predict_front(belief) if belief is not None else ():
        told, truth = one.expectation, problem.truth.quality(one.configuration)
        covered = told.low <= truth <= told.high
        trained = one.configuration.key in keys
        yield Seen(len(trials), trained, covered, truth - told.mean, told.high - told.low)


def search(problem: Problem, draw: int) -> Iterator[Seen]:
    """One search, looked at on its way."""
    for trials in follow(problem, METHODS["ours"], draw, LOOKS[-1]):
        if len(trials) in LOOKS:
            yield from look(problem, trials)


def tell(name: str, seen: list[Seen]) -> None:
    """A line for each number of trainings and kind."""
    groups = defaultdict(list)
    for x in seen:
        groups[x.trainings, x.trained].append(x)
    for (trainings, trained), rows in sorted(groups.items()):
        covered, gap, width = (
            np.mean([getattr(x, key) for x in rows]) for key in ("covered", "gap", "width")
        )
        print(
            f"{name}, {trainings} trainings, {'trained' if trained else 'not trained'}: "
            f"{len(rows)} configurations, covered {covered:.2f}, truth less expected {gap:+.4f}, "
            f"interval {width:.4f} wide"
        )


def main() -> None:
    """Search, look and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems")
    parser.add_argument("--draws", type=int, default=5)
    options = parser.parse_args()
    with threadpool_limits(1):
        for name in options.problems.split(","):
            problem = open_problem(name)
            tell(name, [x for draw in range(options.draws) for x in search(problem, draw)])


if __name__ == "__main__":
    main()
