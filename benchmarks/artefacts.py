"""What keeping and reading an adapter takes, as a folder and below a URL: milliseconds.

Usage: python -m benchmarks.artefacts [--rounds 50] [--url file:///tmp/shared]
An adapter of some size is kept and read, checked, as a worker and an export do; by turns as a
plain folder of the jobs' files and as objects below the URL, by default a folder of the same disk.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch

from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.artefacts.keeping import Keeper
from tests.specs import make_spec
from tests.storage.examples import claim, insert, make_proposal

SIZES = {"0.3 MB": 75_000, "10 MB": 2_500_000}


def main() -> None:
    """Print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--url")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Store.open(f"sqlite:///{name}/x.db") as store:
        job = store.create_job(make_spec())
        insert(store, job.id, [make_proposal(0)])
        trial, url = claim(store, job.id), asked.url or f"file://{name}/shared"
        shared = replace(job, document=job.document | {"artefacts": url})
        print("| adapter | kept: folder | URL | read: folder | URL |", "|---" * 5 + "|", sep="\n")
        for size, numbers in SIZES.items():
            tensors = {"head": torch.randn(numbers)}
            rounds = [
                _round(Path(name), x, trial, tensors)
                for _ in range(asked.rounds)
                for x in (job, shared)
            ]
            cells = [median(x[i] for x in rounds[side::2]) for i in (0, 1) for side in (0, 1)]
            print(f"| {size} | " + " | ".join(f"{x:.1f}" for x in cells) + " |")


def _round(
    root: Path, job: Job, trial: Trial, tensors: dict[str, torch.Tensor]
) -> tuple[float, float]:
    keeper, provenance = Keeper(root, job, lambda: None), {"seed": trial.seed}
    (name, sha256), kept = _time(lambda: keeper.keep(trial, tensors, provenance))
    done = replace(trial, adapter=name, adapter_sha256=sha256, provenance=provenance)

    def read() -> None:
        with adapter_folder(root, done):
            pass

    return kept, _time(read)[1]


def _time(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    found = work()
    return found, 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
