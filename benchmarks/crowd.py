"""How many proposals one core makes for a crowd of workers.

Usage: python -m benchmarks.crowd [--completed 1000 10000] [--workers 1000] [--batches 3]
    [--out crowd.json]

As the one worker that proposes for a crowd does: with a job's completed trials and one pending
trial for each worker, in batches of 64 that follow from the same records, as many trials completed
between two batches as were proposed. The records are made up; only their number matters here.
The first batch is not counted: it meets an empty memory, which no later one does.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.proposal import make_records, make_spec
from peftsearch.records.trial import Trial, TrialState
from peftsearch.search.memory import Memory
from peftsearch.search.proposals import propose
from tests.search.jobs import emulate, make_trial

BATCH, SIZES = 64, (1_000, 10_000)


def measure(completed: int, workers: int, batches: int) -> list[float]:
    """CPU seconds of a proposal, batch by batch."""
    spec, memory = make_spec(), Memory()
    records = make_records(spec, completed + workers)
    trials = [
        x if x.number < completed else replace(x, state=TrialState.RUNNING, measurements={})
        for x in records
    ]
    found = []
    for _ in range(batches + 1):
        began = time.process_time()
        proposals = propose(spec, trials, BATCH, 0, None, memory)
        found.append((time.process_time() - began) / len(proposals))
        trials = _complete(trials, len(proposals))
        trials += [
            make_trial(len(trials) + i, x, state=TrialState.RUNNING)
            for i, x in enumerate(proposals)
        ]
    return found[1:]


def _complete(trials: list[Trial], n: int) -> list[Trial]:
    """The first `n` that run come to their end."""
    first = next(i for i, x in enumerate(trials) if x.state is TrialState.RUNNING)
    done = [
        replace(x, state=TrialState.COMPLETED, measurements={"accuracy": emulate(x.configuration)})
        for x in trials[first : first + n]
    ]
    return [*trials[:first], *done, *trials[first + n :]]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--completed", type=int, nargs="+", default=SIZES)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = []
    for completed in given.completed:
        seconds = measure(completed, given.workers, given.batches)
        mean = sum(seconds) / len(seconds)
        rows.append({"completed": completed, "cpu_s": seconds, "workers_of_2_min": 120 / mean})
        print(json.dumps(rows[-1]), flush=True)
    if given.out:
        given.out.write_text(json.dumps({"workers": given.workers, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
