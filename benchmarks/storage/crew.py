"""Many real workers, a process each, on one PostgreSQL server with its usual 100 connections.

Usage: python -m benchmarks.storage.crew [--workers 64] [--trials 640] [--seconds 2]
Each process runs the worker loop itself on one job: it proposes, claims, trains, records. What
trains is a function that sleeps for about so many seconds, so that two processors carry them all.
The processes are forked from one that has loaded the libraries and a model of two layers, so that
they share its memory. The server is our own, without durability.
"""

import argparse
import contextlib
import json
import os
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil
from sqlalchemy import create_engine, text

from peftsearch.errors import StoreUnavailable
from peftsearch.jobs.inline import work_inline
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.jobs.settling import settle
from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import load_data
from peftsearch.workers.processes.function_runner import FunctionRunner, train_by
from peftsearch.workers.processes.own_training import Candidate
from tests.cluster import find_programs, run_cluster
from tests.end_to_end.conftest import write_data, write_model

NAME = "crew"
TIMED = ("claim", "complete", "insert", "heartbeat", "renew", "signs", "ended_since")


class Tally:
    """What one process asked of the store: seconds as they went by, refusals, and completions."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self.completed: list[int] = []

    def watch(self) -> None:
        """Wrap the store's methods of this process."""
        for name in TIMED:
            setattr(Store, name, self._timed(name, getattr(Store, name)))

    def _timed(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def run(store: Store, *args: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                found = method(store, *args, **options)
            except StoreUnavailable as error:
                self.refused[str(error)[:120]] += 1
                raise
            self.seconds[name].append(time.perf_counter() - began)
            if name == "complete":
                self.completed.append(args[0])
            return found

        return run

    def write(self, path: Path) -> None:
        """For the process that counts."""
        cpu = sum(os.times()[:2])
        told = {"seconds": self.seconds, "refused": self.refused, "completed": self.completed}
        path.write_text(json.dumps({**told, "cpu": cpu}))


def make_function(seconds: float) -> Callable[[Candidate], float]:
    """One that sleeps about so long, and makes up the quality."""

    def train(candidate: Candidate) -> float:
        drawn = random.Random(candidate.configuration.key)
        time.sleep(seconds * drawn.uniform(0.5, 1.5))
        return round(drawn.uniform(0.6, 0.9), 3)

    return train


def make_spec(folder: Path, trials: int) -> JobSpec:
    """A job on a model and rows that are made here."""
    write_model(folder / "model")
    task = {"train": str(write_data(folder / "data.csv", 200)), "max_length": 16}
    model = {"path": str(folder / "model")}
    said = {"name": NAME, "model": model, "task": task, "budget": {"trials": trials}}
    return complete_spec(said, folder)


def work(url: str, runner: FunctionRunner, folder: Path, number: int) -> None:
    """What one forked process does until the job ends."""
    tally = Tally()
    tally.watch()
    while True:
        with contextlib.suppress(StoreUnavailable), Store.open(url) as store:
            work_inline(store, store.find_job(NAME), runner, folder, silent=True)
            break
        tally.refused["at the start"] += 1
        time.sleep(1)
    tally.write(folder / f"tally-{number}.json")


def fork(work: Callable[[int], None], workers: int) -> list[int]:
    """Processes that do it, each with its number."""
    found = []
    for number in range(workers):
        if child := os.fork():
            found.append(child)
            continue
        code = 1
        try:
            work(number)
            code = 0
        finally:
            os._exit(code)
    return found


def look(url: str, children: list[int]) -> dict[str, float]:
    """Until all have ended: the most connections beside this one's, and the memory of all."""
    most, memory, left = 0, 0.0, set(children)
    codes: Counter[int] = Counter()
    asked = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with create_engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        began = looked = time.monotonic()
        while left:
            most = max(most, watching.execute(text(asked)).scalar_one() - 1)
            if time.monotonic() - looked > 10:
                memory, looked = max(memory, _sum_memory(left)), time.monotonic()
            time.sleep(0.1)
            for child in list(left):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    left.remove(child)
                    codes[os.waitstatus_to_exitcode(status)] += 1
    spent = time.monotonic() - began
    failed = sum(n for code, n in codes.items() if code)
    return {"connections": most, "memory_gb": memory / 1e9, "seconds": spent, "failed": failed}


def _sum_memory(processes: set[int]) -> float:
    """Bytes of all, what they share counted once."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(process).memory_full_info().pss
    return total


def tell(store: Store, job: Job, tallies: list[dict[str, Any]]) -> Iterator[str]:
    """What came of it."""
    trials = store.trials(job.id)
    states = Counter(x.state for x in trials)
    told = Counter(x for tally in tallies for x in tally["completed"])
    different = len({(x.key, x.seed) for x in trials})
    completed = {x.id for x in trials if x.state is TrialState.COMPLETED}
    yield f"job {store.job(job.id).state}; trials {dict(states)}, numbers without gaps: " + str(
        [x.number for x in trials] == list(range(len(trials)))
    )
    yield (
        f"recorded and not there: {len(set(told) - completed)}; there and recorded by nobody: "
        + (
            f"{len(completed - set(told))}; recorded twice: {sum(n > 1 for n in told.values())}; "
            f"claimed more than once: {sum(x.attempt > 1 for x in trials)}; "
            f"same configuration and seed twice: {len(trials) - different}"
        )
    )
    refused: Counter[str] = sum((Counter(x["refused"]) for x in tallies), Counter())
    yield f"refusals: {dict(refused)}"
    cpu = sum(x["cpu"] for x in tallies)
    yield f"CPU of all workers: {cpu:.0f} s, {cpu / max(1, len(completed)):.2f} a trial"
    for name in TIMED:
        taken = [1000 * x for tally in tallies for x in tally["seconds"].get(name, ())]
        if len(taken) > 1:
            cells = median(taken), quantiles(taken, n=20)[-1], max(taken)
            yield f"{name}: {len(taken)} times, ms median, 95 %, most: " + " ".join(
                f"{x:.1f}" for x in cells
            )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--trials", type=int, default=640)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    programs = find_programs()
    assert programs is not None, "no programs of PostgreSQL here"
    with tempfile.TemporaryDirectory() as place, run_cluster(programs) as cluster:
        folder, url = Path(place), cluster.url("postgres")
        train = make_function(options.seconds)
        spec = make_spec(folder, options.trials)
        data = load_data(spec)
        runner = FunctionRunner.open(train_by(train, settle(spec, data).spec), "cpu", data)
        runner.function = train
        with Store.open(url) as store:
            job = store.create_job(runner.spec)
        children = fork(lambda number: work(url, runner, folder, number), options.workers)
        print({x: round(y, 1) for x, y in look(url, children).items()}, flush=True)
        tallies = [json.loads(x.read_text()) for x in folder.glob("tally-*.json")]
        with Store.open(url) as store:
            for line in tell(store, job, tallies):
                print(line, flush=True)


if __name__ == "__main__":
    main()
