"""Jobs and records for tests of search, without any training."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import FailureKind, Proposal, Trial, TrialState
from peftsearch.search.memory import Memory
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique
from tests.anatomies import BERT
from tests.specs import make_spec

Quality = Callable[[Configuration], float]

PREPARED = Preparation((Floor("features", "frozen features", {"accuracy": 0.7}, 0.015),))


def lora(rank: int, rate: float = 1e-3) -> Configuration:
    """Uniform LoRA on queries and values; twice the rank costs twice."""
    return Configuration((Stratum(0, 6, (Module("lora", rank, ("query", "value")),)),), rate)


def make_trial(
    number: int,
    proposal: Proposal,
    quality: float | None = None,
    state: TrialState = TrialState.COMPLETED,
) -> Trial:
    """A record of a proposal."""
    failed = state is TrialState.FAILED
    return Trial(
        id=number + 1,
        job_id=1,
        number=number,
        configuration=proposal.configuration,
        seed=proposal.seed,
        origin=proposal.origin,
        fidelity=proposal.fidelity,
        state=state,
        attempt=1,
        measurements={} if quality is None else {"accuracy": quality},
        failure=FailureKind.NON_FINITE_LOSS if failed else None,
    )


def emulate(configuration: Configuration) -> float:
    """A made-up accuracy: better with more trained parameters high up, collapsing at high rates.

    The probe scores .70; the best adapters about .88.
    """
    gain, offset = 0.0, math.log10(configuration.learning_rate / NOMINAL_RATE)
    depth = configuration.depth
    for layer, modules in enumerate(configuration.profile):
        for module in modules:
            size = max(module.capacity, 1) * max(len(module.roles), 1)
            worth = 1.5 if technique(module.technique).capacities else 0.8
            gain += worth * (layer + 1) / depth**2 * math.log2(1 + size)
    quality = 0.70 + 0.18 * (1 - math.exp(-gain)) * math.exp(-2 * offset**2)
    return quality if offset < 0.5 or gain == 0 else 0.5


def run_job(
    spec: JobSpec,
    seed: int,
    trials: int,
    batch: int = 4,
    quality: Quality = emulate,
    noise: float = 0.01,
) -> list[Trial]:
    """Propose and complete in batches, as a worker does: with a memory."""
    rng = np.random.default_rng(seed)
    records: list[Trial] = []
    memory = Memory()
    while len(records) < trials:
        room = min(batch, trials - len(records))
        proposals = propose(spec, records, room, seed, memory=memory)
        if not proposals:
            break
        records += [
            make_trial(
                len(records) + i, p, quality(p.configuration) + noise * rng.standard_normal()
            )
            for i, p in enumerate(proposals)
        ]
    return records


def make_job(seed: int, n: int = 25, repeats: int = 3) -> tuple[JobSpec, list[Trial]]:
    """The design, random configurations, and repeats of the best."""
    document = make_spec().to_json()
    document["search"] = document["search"] | {"sampler": "random", "recipes": "published"}
    spec, rng = parse_spec(document), np.random.default_rng(seed)
    proposals = propose(spec, [], n - repeats, seed, PREPARED)
    best = sorted(proposals, key=lambda x: -emulate(x.configuration))[:repeats]
    proposals += [Proposal(x.configuration, x.seed + 1, "repeat") for x in best]
    return spec, [
        make_trial(i, x, emulate(x.configuration) + 0.01 * rng.standard_normal())
        for i, x in enumerate(proposals)
    ]


def parameters(trials: Sequence[Trial], anatomy: Anatomy = BERT) -> list[int]:
    """Trainable parameters of each trial."""
    return [trainable_parameters(trial.configuration, anatomy) for trial in trials]
