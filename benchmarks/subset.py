"""What proposals lose where the model conditions on a subset of the observations.

    python benchmarks/subset.py [--trials 1000] [--seeds 8]

Three proposals from the same records: on the subset (`search/subset.py`), on all observations, and
on all with other random numbers. A model of all observations with draws of its own, 64 for each
member, then says what gain it expects of each. Prints the gain of the first and the third as a
share of the second's: what the subset changes, beside what chance does. A minute for each seed.
"""

import argparse
import sys
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.proposal import make_records, make_spec
from peftsearch.records.trial import Trial
from peftsearch.search import subset, suggester
from peftsearch.search.goals.observations import observe
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.search.memory import Terrain
from peftsearch.search.suggester import Suggester
from peftsearch.spaces.jobspec.spec import JobSpec

DRAWS = 64


def main() -> int:
    """Print one line for each seed, and the geometric means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=8)
    arguments = parser.parse_args()
    spec, rows = make_spec(), []
    with threadpool_limits(1):
        for seed in range(arguments.seeds):
            rows.append(compare(spec, make_records(spec, arguments.trials, seed), seed))
            print("seed {}: subset {:.2f}, chance {:.2f}".format(seed, *rows[-1]), flush=True)
    means = np.exp(np.log(rows).mean(0))
    errors = np.log(rows).std(0, ddof=1) / np.sqrt(len(rows))
    print("mean: subset {:.2f}, chance {:.2f}".format(*means))
    print("standard error of their logarithms: {:.2f}, {:.2f}".format(*errors))
    return 0


def compare(spec: JobSpec, records: list[Trial], seed: int) -> tuple[float, float]:
    """Gains on the subset and by chance, as shares of that on all observations."""
    excluded = {trial.key for trial in records}
    part = make_suggester(spec, records, seed)
    with patch.object(subset, "MOST", len(records)):
        whole, other = (make_suggester(spec, records, seed + i) for i in (0, 1_000))
        judge = make_suggester(spec, records, seed + 2_000)
    found = [x.suggest([], excluded) for x in (part, whole, other)]
    with patch.object(suggester, "DRAWS", DRAWS):
        gains = np.exp(judge.values([x for x in found if x is not None], []))
    return float(gains[0] / gains[1]), float(gains[2] / gains[1])


def make_suggester(spec: JobSpec, records: list[Trial], seed: int) -> Suggester:
    """As `propose` makes it."""
    space = Terrain(spec).space
    reference = find_reference_point(spec, records, space)
    return Suggester(spec, space, reference, observe(spec, records), seed)


if __name__ == "__main__":
    sys.exit(main())
