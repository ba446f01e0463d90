"""Which trainings a confirmation is made of, and how many of them are kept already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from peftsearch.records.job import Job
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.recipes import BASELINE, RANK, recipe
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store

from .plan import FIRST, RATES, Plan, first_seeds

TEST, DATA = "test", "data"
"""The split, and the entry with the hash of its rows, of a kept run."""
RUN = "confirm-run"
"""Kind of the reports that keep single runs."""
Place = tuple[str, int, str]
"""Key, seed and split of a training."""


def uniform_lora(spec: JobSpec, rate: float, like: Configuration) -> Configuration:
    """LoRA r=8 on query and value in every layer; of what else of the training is searched with
    the values of another configuration."""
    training = like.training.fill(spec.training.searched)
    return replace(recipe(BASELINE, spec.anatomy, RANK, rate), training=training)


def rates_of(spec: JobSpec, members: Iterable[Configuration]) -> set[str]:
    """Keys of LoRA at each rate, tuned for each of the trainings that members have."""
    return {uniform_lora(spec, rate, x).key for rate in RATES for x in members}


def pick_places(
    spec: JobSpec, plan: Plan, picked: Configuration, probe: Configuration
) -> set[Place]:
    """What the confirmation of one pick may train, before seeds are added for a width."""
    rates = rates_of(spec, [picked])
    wanted = {(key, FIRST, "validation") for key in rates}
    swept = set() if plan.swept is None else {plan.swept.key}
    return wanted | _tests({picked.key, probe.key, *swept, *rates}, first_seeds(plan.seeds))


def further_places(spec: JobSpec, plan: Plan, picked: Configuration) -> set[Place]:
    """What it may train with seeds that are added for a width."""
    return _tests({picked.key, *rates_of(spec, [picked])}, plan.further)


def front_places(spec: JobSpec, plan: Plan, members: Sequence[Configuration]) -> set[Place]:
    """What the confirmation of a front may train."""
    rates = rates_of(spec, members)
    wanted = {(key, FIRST, "validation") for key in rates}
    return wanted | _tests({*rates, *(x.key for x in members)}, first_seeds(plan.seeds))


def count_front(spec: JobSpec, plan: Plan, members: Sequence[Configuration]) -> int:
    """Trainings that a front is foreseen to take, kept ones among them."""
    rates = len(rates_of(spec, members))
    return rates + plan.seeds * (rates // len(RATES) + len(set(members)))


def count_kept(store: Store, job: Job, wanted: set[Place], data: str) -> int:
    """How many of them are kept.

    Args:
        data: SHA-256 of the test rows as they are now.
    """
    found = (x for x in store.reports(job.id, RUN) if is_of(x, data))
    return len({(x["key"], x["seed"], x["split"]) for x in found} & wanted)


def is_of(known: Mapping[str, Any], data: str) -> bool:
    """Whether what is kept was scored on these test rows, or on none; what earlier versions kept
    does not say of which."""
    return known["split"] != TEST or known.get(DATA) in (None, data)


def _tests(keys: Iterable[str], seeds: Sequence[int]) -> set[Place]:
    return {(key, seed, "test") for key in keys for seed in seeds}
