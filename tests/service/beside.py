"""Jobs with companions in a real store, without any training."""

from collections.abc import Callable
from dataclasses import replace

from peftsearch.jobs.companion_plan import CompanionPlan, plan_ablation, plan_baselines
from peftsearch.jobs.companions import ensure
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import FailureKind, Trial
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.storage.store import Store
from tests.floors import prepare
from tests.specs import make_spec
from tests.storage.examples import claim

from .records import PROBE, Filler, count_base, lora

SPEC = make_spec(trials=50, baselines={"ranks": [1, 8], "rates": 1, "places": 2})
PICKED = Configuration(
    (
        Stratum(0, 3),
        Stratum(3, 5, (Module("bitfit"),)),
        Stratum(5, 6, (Module("lora", 2, ("value",)),)),
    ),
    1e-3,
)
"""Cheaper than any plain LoRA on queries and values."""
ROWS = 400


def fill_searched(store: Store, accuracy: float = 0.82) -> Filler:
    """A prepared job of five trainings; the best is `PICKED`, trained once."""
    found = Filler.open(store, SPEC)
    store.prepare(found.job.id, prepare(0.70))
    count_base(store, found.job, 1000)
    found.complete(PROBE, 0.60)
    found.complete(lora(8), 0.78)
    found.complete(PICKED, accuracy)
    found.complete(lora(4, start=3), 0.74)
    found.complete(lora(4, start=3), 0.76)
    store.set_state(found.job.id, JobState.FINISHED)
    return replace(found, job=store.job(found.job.id))


def plan_beside(filler: Filler) -> CompanionPlan:
    """Its baselines."""
    return plan_baselines(filler.job.spec, PICKED, lambda: 10**12)


def end_beside(
    store: Store, job: Job, score: Callable[[Trial], float | None], most: int = 1000
) -> None:
    """End trials of a companion; where there is no score one fails."""
    for _ in range(most):
        if not store.open_trials(job.id):
            break
        trial = claim(store, job.id)
        accuracy = score(trial)
        if accuracy is None:
            store.fail(trial.id, trial.attempt, FailureKind.OUT_OF_MEMORY, "no memory")
            continue
        values = {"accuracy": accuracy, "training_seconds": 2.0}
        store.complete(trial.id, trial.attempt, values, {"validation_rows": ROWS}, None)


def fill_baselines(store: Store, swept: float = 0.79, searched: float = 0.82) -> Filler:
    """Its baselines, too: rank 8 on all linears is the best of the sweep, and full fine-tuning
    has failed."""
    filler = fill_searched(store, searched)
    beside = ensure(store, filler.job, plan_beside(filler))

    def score(trial: Trial) -> float | None:
        modules = trial.configuration.profile[0]
        if any(x.technique == "full" for x in modules):
            return None
        return swept if modules and modules[0].capacity == 8 else 0.72

    end_beside(store, beside, score)
    return filler


def fill_ablation(store: Store, filler: Filler) -> None:
    """`PICKED` as it is scores .80 anew, .60 without biases, and without LoRA nothing less."""
    beside = ensure(store, filler.job, plan_ablation(PICKED, 2))

    def score(trial: Trial) -> float:
        return 0.80 if "bitfit" in trial.configuration.techniques else 0.60

    end_beside(store, beside, score)
