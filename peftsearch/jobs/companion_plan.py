"""What a companion of a job is to train, and what of it is trained already."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from peftsearch.errors import UserError
from peftsearch.records.companion import Part, Purpose, Role
from peftsearch.records.estimates import counts, mean
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.training_flops import training_flops
from peftsearch.spaces.configurations.training_memory import training_memory
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import write_quantity
from peftsearch.spaces.jobspec.sampler_names import ABLATION, BASELINE
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.sweep import FULL_NAME, Variant, sweep_ranks, tune_fully
from peftsearch.spaces.space.variations import drop_each, move_modules

_FRESH = 800_001
"""The first of the seeds of an ablation; no search uses those from here on but by chance."""
_ORIGINS: dict[Purpose, str] = {"baselines": BASELINE, "ablation": ABLATION}


@dataclass(frozen=True)
class CompanionPlan:
    """Parts with their configurations, in the order in which they are trained.

    Attributes:
        picked: Key of the configuration that they were made for.
        fresh: Seeds that all parts have in common, so that the order of rows is the same, and that
            no search chose by: the picked configuration is trained with them, too. Empty where
            each training has a seed of its own.
        seeds: Trainings of each.
        left_out: Why some are none of it, a line for each.
    """

    purpose: Purpose
    picked: str
    parts: tuple[tuple[Part, Configuration], ...]
    fresh: tuple[int, ...] = ()
    seeds: int = 1
    left_out: tuple[str, ...] = ()

    @property
    def configurations(self) -> dict[str, Configuration]:
        """By key, each once."""
        return {part.key: x for part, x in self.parts}

    @property
    def origin(self) -> str:
        """Of its trials."""
        return _ORIGINS[self.purpose]


def plan_baselines(
    spec: JobSpec, picked: Configuration, free_memory: Callable[[], int]
) -> CompanionPlan:
    """The sweep of LoRA, full fine-tuning, and the picked modules at other places.

    Args:
        spec: With the head and the workload of its model.
        free_memory: Bytes that a worker may take; asked only where it matters.
    """
    swept = sweep_ranks(spec, picked.training)
    full = tune_fully(spec, picked.training) if spec.baselines.full else ()
    left_out = list(swept.left_out)
    if full and (reason := _exceeds(full[0].configuration, spec.anatomy, free_memory())):
        full, left_out = (), [*left_out, reason]
    places = move_modules(picked, spec.anatomy, spec.baselines.places, spec.seed)
    if len(places) < spec.baselines.places:
        left_out.append(
            f"{len(places)} of {spec.baselines.places} other places: there are no more, since the "
            "layers of the chosen configuration carry the same or nothing"
        )
    parts = (*_parts("sweep", swept.variants), *_parts("full", full), *_parts("place", places))
    return CompanionPlan("baselines", picked.key, parts, left_out=tuple(left_out))


def plan_ablation(picked: Configuration, seeds: int) -> CompanionPlan:
    """The picked configuration as it is, and without each of its parts in turn.

    The search chose the trainings of the picked one that it has by their luck, too, so that what
    lacks a part is held against new ones.

    Raises:
        UserError: It has no part.
    """
    parts = _parts("ablation", drop_each(picked))
    if not parts:
        got = "the linear probe, which adapts nothing"
        raise UserError("a configuration with a part to leave out", got, "pick another")
    whole = _parts("whole", [Variant("as it is", picked)])
    fresh = tuple(range(_FRESH, _FRESH + seeds))
    return CompanionPlan("ablation", picked.key, (*whole, *parts), fresh, seeds)


def find_shared(plan: CompanionPlan, trials: Iterable[Trial]) -> list[Trial]:
    """Completed trainings of the plan's configurations, of equal seeds the first."""
    keys, found = plan.configurations, dict[tuple[str, int], Trial]()
    for trial in trials:
        if trial.key in keys and counts(trial):
            found.setdefault((trial.key, trial.seed), trial)
    return [*found.values()]


def propose_missing(
    plan: CompanionPlan, known: Collection[Trial], number: int, seed: int
) -> list[Proposal]:
    """What is to be trained yet.

    Args:
        known: Trials of the plan's configurations that need not be made, whatever their state.
        number: Of the first new trial.
        seed: The job's.
    """
    chosen_by = {x.id for x in known if plan.fresh and _is_chosen(x, plan)}
    made = Counter(x.key for x in known if x.id not in chosen_by)
    taken = {(x.key, x.seed) for x in known}
    found: list[Proposal] = []
    for key, configuration in plan.configurations.items():
        for _ in range(plan.seeds - made[key]):
            own = [x for x in plan.fresh if (key, x) not in taken]
            drawn = own[0] if own else _draw_seed(seed, number + len(found), key, taken)
            taken.add((key, drawn))
            found.append(Proposal(configuration, drawn, plan.origin))
    return found


def foresee_seconds(
    new: Sequence[Proposal], trials: Iterable[Trial], anatomy: Anatomy
) -> float | None:
    """Seconds of one worker for the new trainings, by what those of the job took for their
    floating-point operations; None where nothing tells it.

    Args:
        trials: Of the job.
    """
    timed = [x for x in trials if x.state is TrialState.COMPLETED and (x.running_seconds or 0) > 0]
    seconds = [x.running_seconds or 0.0 for x in timed]
    if not timed:
        return None
    operations = sum(training_flops(x.configuration, anatomy) for x in timed)
    if not operations:
        return mean(seconds) * len(new)
    wanted = sum(training_flops(x.configuration, anatomy) for x in new)
    return sum(seconds) / operations * wanted


def _is_chosen(trial: Trial, plan: CompanionPlan) -> bool:
    """Whether a training of the picked configuration is one that it was picked by."""
    return trial.key == plan.picked and trial.seed not in plan.fresh


def _parts(role: Role, variants: Iterable[Variant]) -> list[tuple[Part, Configuration]]:
    return [(Part(x.configuration.key, role, x.name), x.configuration) for x in variants]


def _exceeds(configuration: Configuration, anatomy: Anatomy, free: int) -> str | None:
    needed = training_memory(configuration, anatomy)
    if needed <= free:
        return None
    told = [write_quantity("peak_memory_bytes", x) for x in (needed, free)]
    return f"{FULL_NAME}: a worker takes up to {told[0]}, and {told[1]} are free on this machine"


def _draw_seed(seed: int, number: int, key: str, taken: Collection[tuple[str, int]]) -> int:
    """As a search draws that of its trials."""
    drawn = int(np.random.SeedSequence((seed, number)).generate_state(2)[1]) >> 1
    while (key, drawn) in taken:
        drawn = (drawn + 1) % 2**31
    return drawn
