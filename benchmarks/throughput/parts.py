"""Where the CPU time of a real job goes: a search of the demonstration's model and data.

Two workers on SQLite, as `peftsearch run` starts them. Printed are CPU seconds by part, over all
workers; what imports and the start of Python take is told by process. A part within another counts
once, where it is.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.throughput.parts [--trials 8] [--workers 2]
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.jobs.local_pool import run_pool
from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.processes import pool as pools

from .timed_worker import FOLDER, work


class _Silent:
    def update(self, pool: pools.Pool) -> None:
        """Nothing is shown."""

    def say(self, line: str) -> None:
        """Nothing is shown."""

    def stop(self, pool: pools.Pool, seconds: float) -> None:
        """Nothing is shown."""


def launch(store: Store, trials: int) -> Job:
    """The demonstration's job, with as many states to choose from as is usual."""
    data = {
        "name": "parts",
        "model": {"path": "demo:model"},
        "task": {
            "train": "demo:data",
            "text": "text",
            "label": "label",
            "max_length": 64,
            "train_rows": 1000,
            "validation_rows": 600,
        },
        "training": {"epochs": 1},
        "budget": {"trials": trials},
    }
    return store.create_job(complete_spec(data, Path.cwd()))


def measure(trials: int, workers: int, folder: Path) -> dict[str, tuple[float, int]]:
    """CPU seconds of each part, and how often it began."""
    os.environ[FOLDER] = str(folder)
    pools.run_child = work
    url = f"sqlite:///{folder / 'parts.db'}"
    with Store.open(url) as store:
        job = launch(store, trials)
        before = time.process_time()
        run_pool(store, job, url, folder, workers, "cpu", _Silent())
        watching = time.process_time() - before
        ended = sum(x.event is not None for x in store.trials(job.id))
    found: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for file in folder.glob("*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        for part, seconds in told["seconds"].items():
            total, calls = found[part]
            found[part] = (total + seconds, calls + told["calls"].get(part, 0))
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    known = sum(seconds for seconds, _ in found.values())
    found["the pool's parent, watching"] = (watching, 1)
    outside = children.ru_utime + children.ru_stime - known
    found["processes: before and after what is timed"] = (outside, workers)
    found["trials"] = (0.0, ended)
    return dict(found)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given.trials, given.workers, Path(folder))
    total = sum(seconds for seconds, _ in found.values())
    print(f"{found.pop('trials')[1]} trials, {given.workers} workers, {total:.1f} CPU seconds")
    print("| part | CPU s | share | calls | ms each |\n|---|---|---|---|---|")
    for part, (seconds, calls) in sorted(found.items(), key=lambda x: -x[1][0]):
        each = f"{1000 * seconds / calls:,.1f}" if calls else ""
        print(f"| {part} | {seconds:.2f} | {seconds / total:.1%} | {calls or ''} | {each} |")


if __name__ == "__main__":
    main()
