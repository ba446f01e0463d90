"""How a job's time was spent: by who proposed, by what it bought, and on how many cores."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.search_result import SearchResult
from peftsearch.results.wording import tell_origin
from peftsearch.spaces.jobspec.objectives import OBJECTIVES

_ENERGY = {"J": 1.0, "kJ": 1e3, "Wh": 3.6e3, "kWh": 3.6e6}
"""Joules of the units in which an objective may be an energy."""


class Share(TypedDict):
    """Time of some trials, from their last claim to their end, in seconds."""

    name: str
    trials: int
    seconds: float


class Spent(TypedDict):
    """A job's time.

    Attributes:
        hours: In which at least one trial ran, attempts without a result included.
        fruitless_seconds: Sum over these: interrupted ones, and trials that have not ended.
        trial_seconds: Sum over the ended trials, of several at once too.
        training_seconds: Of these in training; the rest is scoring, saving and loading.
        core_seconds: Of processor cores, at most: each trial's time times its threads; null where
            not all say how many they had.
        joules: Null where nothing measured them.
        last_ended: In seconds since the epoch; null before the first end.
    """

    created: float
    last_ended: float | None
    hours: float
    fruitless_seconds: float
    completed: int
    failed: int
    trial_seconds: float
    training_seconds: float
    failed_seconds: float
    core_seconds: float | None
    joules: float | None
    by_origin: list[Share]


def find_spent(result: SearchResult) -> Spent:
    """Of all ended trials."""
    job, trials = result.job, result.trials
    ended = [x for x in trials if x.state in (TrialState.COMPLETED, TrialState.FAILED)]
    failed = [x for x in ended if x.state is TrialState.FAILED]
    return {
        "created": job.created,
        "last_ended": max((x.ended for x in ended if x.ended is not None), default=None),
        "hours": result.hours,
        "fruitless_seconds": result.fruitless,
        "completed": len(ended) - len(failed),
        "failed": len(failed),
        "trial_seconds": _sum(ended),
        "training_seconds": sum(x.measurements.get("training_seconds", 0.0) for x in ended),
        "failed_seconds": _sum(failed),
        "core_seconds": _count_cores(ended),
        "joules": _sum_energy(ended),
        "by_origin": _by_origin(job, ended),
    }


def _sum(trials: Sequence[Trial]) -> float:
    return sum(x.running_seconds or 0.0 for x in trials)


def _by_origin(job: Job, trials: Sequence[Trial]) -> list[Share]:
    origins = dict.fromkeys(x.origin for x in trials)
    found: list[Share] = []
    for origin in origins:
        mine = [x for x in trials if x.origin == origin]
        name = tell_origin(origin, job.spec.search.sampler)
        found.append({"name": name, "trials": len(mine), "seconds": _sum(mine)})
    return found


def _count_cores(trials: Sequence[Trial]) -> float | None:
    told = [(x.provenance.get("threads"), x.running_seconds or 0.0) for x in trials]
    known = [threads * seconds for threads, seconds in told if isinstance(threads, int)]
    return sum(known) if known and len(known) == len(told) else None


def _sum_energy(trials: Sequence[Trial]) -> float | None:
    names = {name for x in trials for name in x.measurements if name in OBJECTIVES}
    units = {x: _ENERGY[OBJECTIVES[x].unit] for x in names if OBJECTIVES[x].unit in _ENERGY}
    measured = [v * units[n] for x in trials for n, v in x.measurements.items() if n in units]
    return sum(measured) if measured else None
