"""What the store takes for one trial of a job that has very many: milliseconds.

Usage: python -m benchmarks.storage [--trials 1000,10000,100000] [--backends sqlite,postgresql]
    [--hours 1000], the budget in place of one of trials
Each size is a database of its own with one job of so many ended trials (`tests.seeding`). Rounds
of what workers do follow, by one process: a proposal is inserted, claimed, renewed, completed; the
configuration of the front with most trials is repeated; a waiting worker asks its question.
PostgreSQL is a server of its own without durability, SQLite the usual file in WAL mode.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import Any

from benchmarks.storage.databases import databases
from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal, Trial
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.storage.store import Store
from tests.seeding import draw, seed_job

LEASE, ROUNDS = 60.0, 100


class Clock:
    """Milliseconds of what was done, by its name: as they went by, and of this process's CPU."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def time(self, name: str, action: Callable[..., Any], *arguments: Any) -> Any:
        """Do it, and note how long it took."""
        start, used = time.perf_counter(), time.process_time()
        result = action(*arguments)
        went_by = time.perf_counter() - start
        self.taken[name].append((1000 * went_by, 1000 * (time.process_time() - used)))
        return result


def measure(store: Store, job: Job, rounds: int) -> Clock:
    """Rounds on a job that runs; each ends two trials."""
    clock = Clock()
    fresh = draw(job.spec, rounds, seed=job.event + 1)
    names = set(job.spec.goals) | {"loss"}
    costs = [job.spec.count_costs(x) for x in fresh.configurations]
    for i, configuration in enumerate(fresh.configurations):
        values = {name: float(fresh.values[name][i]) for name in names} | costs[i]
        trial = _claim(store, job, clock, Proposal(configuration, 10**6 + i, "search"), costs[i])
        clock.time("renew", store.renew, trial.id, trial.attempt, LEASE)
        clock.time("complete", store.complete, trial.id, trial.attempt, values, {}, None)
        point = store.front(job.id)[-1]
        again = Proposal(point.configuration, 10**7 + i, "repeat")
        known = {name: point.values[name] for name in costs[i]}
        trial = _claim(store, job, clock, again, known)
        quality = job.spec.task.quality
        worse = dict(point.values) | {quality: point.values[quality] - 0.01}
        clock.time("complete a repeat", store.complete, trial.id, trial.attempt, worse, {}, None)
        clock.time("a waiting worker", store.signs, job.id)
        clock.time("hours used", store.used_hours, job.id)
        clock.time("requeue", store.requeue_expired, job.id)
    return clock


def _claim(store: Store, job: Job, clock: Clock, proposal: Proposal, costs: Any) -> Trial:
    token = store.take_suggestion_lease(job.id, "w", LEASE)
    assert token is not None
    clock.time("insert", store.insert, job.id, token, [proposal], [costs])
    trial: Trial = clock.time("claim", store.claim, job.id, "w", LEASE)
    assert trial is not None
    return trial


def main() -> None:
    """A line for each backend, size and action."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", default="1000,10000,100000")
    parser.add_argument("--backends", default="sqlite,postgresql")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--hours", type=float, help="the budget, in place of one of trials")
    options = parser.parse_args()
    print("| backend | trials | action | least, ms | median, ms | 95 %, ms | CPU, ms |")
    print("|---|---|---|---|---|---|---|")
    for backend in options.backends.split(","):
        with databases(backend) as make:
            for n in map(int, options.trials.split(",")):
                url = make(n)
                with Store.open(url):
                    seed_job(url, f"job{n}", n)
                with Store.open(url) as store:
                    job = store.find_job(f"job{n}")
                    if options.hours:
                        budget = BudgetSpec(hours=options.hours)
                        job = store.change_budget(
                            job.id, job.spec.model_copy(update={"budget": budget})
                        )
                    clock = measure(store, job, options.rounds)
                for name, taken in clock.taken.items():
                    print(f"| {backend} | {n} | {name} | {_tell(taken)} |", flush=True)


def _tell(taken: Sequence[tuple[float, float]]) -> str:
    """Cells of the table."""
    went_by, used = zip(*taken, strict=True)
    cells = min(went_by), median(went_by), quantiles(went_by, n=20)[-1], median(used)
    return " | ".join(f"{x:.1f}" for x in cells)


if __name__ == "__main__":
    main()
