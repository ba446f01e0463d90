"""The jobs of a duel: one task for all arms, and the earlier job that one of them learns from."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.ground.pairs import make_job
from benchmarks.search.grid import read_grid
from benchmarks.search.methods import METHODS, follow
from peftsearch.jobs.imported import Result, import_results
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.storage.store import Store

EPOCHS, BATCH, ROWS = 2, 16, 200
"""As short as trainings may be that still tell configurations apart."""
EARLIER, EARLIER_TRIALS = "tweets", 25
_HOURS = 1_000
"""The clock of a duel ends its jobs, in CPU time; theirs never does."""
_RECIPE = {"recipe": "lora", "rank": 8, "learning_rate": 1e-3}
SECTIONS: Mapping[str, Mapping[str, Any]] = {
    "ours": {"search": {"learn_from": "none"}},
    "TPE": {"search": {"sampler": "tpe", "recipes": "none"}, "try": [_RECIPE]},
    "ours after another job": {"search": {"learn_from": "auto"}},
}
"""Arms. TPE has the linear probe too, which is the first trial of every job."""


def make_spec(pair: str, arm: str, seed: int) -> JobSpec:
    """The job of an arm."""
    data = make_job(pair, EPOCHS, name=f"duel-{pair}", seed=seed, budget={"hours": _HOURS})
    data["task"] |= {"train_rows": ROWS, "validation_rows": ROWS}
    data["training"] |= {"batch_size": BATCH}
    return complete_spec(
        data | {"objectives": {"cost": "adapter_bytes"}} | SECTIONS[arm], Path.cwd()
    )


def add_earlier(store: Store, seed: int) -> None:
    """A finished job on other rows: a search of recorded trainings, with its floors."""
    problem = read_grid(Path("benchmarks/ground") / EARLIER)
    document = problem.spec.to_json() | {"objectives": {"cost": "adapter_bytes"}}
    priced = replace(problem, spec=parse_spec(document))
    with threadpool_limits(1):
        *_, trials = follow(priced, METHODS["ours"], seed, EARLIER_TRIALS)
    open_space = parse_spec(document | {"space": {}, "name": f"earlier-{EARLIER}"})
    results = [Result(x.configuration, x.seed, x.measurements, {}) for x in trials]
    job = import_results(store, open_space, results, "recorded", open_space)
    store.prepare(job.id, problem.preparation)
