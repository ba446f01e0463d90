"""What a service takes for its first look at a job of very many trials.

Usage: python -m benchmarks.storage.first_look [--trials 5000] [--backend postgresql]
    [--database FILE]
A database with one job of so many ended trials (`tests.seeding`) is made by a process of its own,
or a SQLite file taken where it is there; then the job is read as a service reads it, in this
process, which does nothing else.
"""

import argparse
import gc
import multiprocessing
import time
from pathlib import Path

import psutil

from benchmarks.storage.databases import BACKENDS, databases
from peftsearch.service.memory.history import Histories
from peftsearch.storage.store import Store
from tests.seeding import seed_job

NAME = "large"


def main() -> None:
    """Make the file, unless it is there, and look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--backend", choices=BACKENDS, default="sqlite")
    parser.add_argument("--database", type=Path, help="a SQLite file, kept for another look")
    options = parser.parse_args()
    if options.database is not None:
        _look_at(f"sqlite:///{options.database}", options.trials)
        return
    with databases(options.backend) as find_url:
        _look_at(find_url(options.trials), options.trials)


def _look_at(url: str, trials: int) -> None:
    with Store.open(url) as store:
        if not store.jobs():
            maker = multiprocessing.get_context("spawn").Process(
                target=seed_job, args=(url, NAME, trials)
            )
            maker.start()
            maker.join()
            assert maker.exitcode == 0
        look(store)


def look(store: Store) -> None:
    """Read the job, and print what that took."""
    process = psutil.Process()
    before, used, began = process.memory_info().rss, time.process_time(), time.perf_counter()
    read = len(Histories().get(store, NAME).points)
    used, went_by = time.process_time() - used, time.perf_counter() - began
    gc.collect()
    after = process.memory_info().rss
    print(
        f"{read} trials: {used:.1f} CPU s, {went_by:.1f} s; resident {before / 1e6:.0f} MB before "
        f"and {after / 1e6:.0f} MB after, {(after - before) / max(1, read) / 1e3:.1f} KB a trial"
    )


if __name__ == "__main__":
    main()
