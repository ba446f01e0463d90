"""What one change did to a configuration, as far as the job happens to have tried it.

Nothing is trained for it: of the recorded configurations those are taken that differ from the
chosen one in one thing alone. The search chose them, so that this is no designed experiment.
"""

import math
from collections.abc import Sequence

from typing_extensions import TypedDict

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.sampling_errors import standard_error
from peftsearch.results.wording import tell_layers, tell_modules
from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

MOST = 20
"""More would be no table that anybody reads; those of the largest difference are told."""


class Change(TypedDict):
    """One thing in which a configuration differs.

    Attributes:
        part: What changes: `learning rate`, `size`, `technique`, ...
        before: What the chosen configuration has there.
        after: What the other has.
    """

    part: str
    before: str
    after: str


class Neighbour(Change):
    """A recorded configuration that differs in one thing.

    Attributes:
        quality: Mean of its seeds.
        difference: Of its quality to the chosen one's; positive is better, whatever the quality.
        standard_error: Of the difference; null where unknown. As if both had rows of their own,
            which is rather too large.
        cost: Of the job's cost objective.
    """

    trials: list[int]
    quality: float
    difference: float
    standard_error: float | None
    cost: float


def find_neighbours(
    chosen: Estimate[Trial], everything: Sequence[Estimate[Trial]], spec: JobSpec
) -> list[Neighbour]:
    """Those that differ from the chosen one in one thing, the largest difference first."""
    found = [_compare(chosen, x, spec) for x in everything if x.key != chosen.key]
    known = [x for x in found if x is not None]
    return sorted(known, key=lambda x: (-abs(x["difference"]), x["trials"]))[:MOST]


def find_change(left: Configuration, right: Configuration, spec: JobSpec) -> Change | None:
    """The one thing in which the second configuration differs; None of none, and of several."""
    changes = [*_scalars(left, right, spec), *_modules(left, right, spec.anatomy)]
    return changes[0] if len(changes) == 1 else None


def _compare(chosen: Estimate[Trial], other: Estimate[Trial], spec: JobSpec) -> Neighbour | None:
    change = find_change(chosen.configuration, other.configuration, spec)
    goal = objective(spec.task.quality)
    if change is None or goal.name not in other.values or goal.name not in chosen.values:
        return None
    gain = goal.signed(other.values[goal.name]) - goal.signed(chosen.values[goal.name])
    errors = [_error(x, spec) for x in (chosen, other)]
    known = [x for x in errors if x is not None]
    return {
        **change,
        "trials": list(other.numbers),
        "quality": other.values[goal.name],
        "difference": gain,
        "standard_error": math.hypot(*known) if len(known) == len(errors) else None,
        "cost": other.values[spec.objectives.cost],
    }


def _error(found: Estimate[Trial], spec: JobSpec) -> float | None:
    """By the rows, and by the seeds where there are several."""
    parts = (standard_error(found, spec), found.standard_error(spec.task.quality))
    known = [x for x in parts if x is not None]
    return math.hypot(*known) if known else None


def _scalars(left: Configuration, right: Configuration, spec: JobSpec) -> list[Change]:
    """Rate and hyperparameters, but for those that act on nothing in one of the two."""
    found: list[Change] = []
    rates = [f"{math.log10(x.learning_rate):.6f}" for x in (left, right)]  # as keys have them
    idle = (left.frozen or right.frozen) and not spec.head.relative
    if rates[0] != rates[1] and not idle:
        told = [f"{x.learning_rate:.1e}" for x in (left, right)]
        found.append({"part": "learning rate", "before": told[0], "after": told[1]})
    said = left.training.said, right.training.said
    for name in said[0].keys() & said[1].keys():
        values = [x[name] for x in said]
        if values[0] != values[1]:
            before, after = (f"{x:g}" for x in values)
            found.append({"part": name.replace("_", " "), "before": before, "after": after})
    return found


def _modules(left: Configuration, right: Configuration, anatomy: Anatomy) -> list[Change]:
    """One change for each pair of treatments that stand in one another's place."""
    found: list[Change] = []
    if left.input != right.input:
        held = [() if x.input is None else (x.input,) for x in (left, right)]
        before, after = (tell_modules(x, anatomy) if x else "none" for x in held)
        found.append({"part": "virtual tokens", "before": before, "after": after})
    pairs: dict[tuple[tuple[Module, ...], tuple[Module, ...]], list[int]] = {}
    for layer, pair in enumerate(zip(left.profile, right.profile, strict=True)):
        if pair[0] != pair[1]:
            pairs.setdefault(pair, []).append(layer)
    for (old, new), layers in pairs.items():
        before, after = tell_modules(old, anatomy), tell_modules(new, anatomy)
        part = f"{_name(old, new)}, {'layer' if len(layers) == 1 else 'layers'} "
        found.append({"part": part + tell_layers(layers), "before": before, "after": after})
    return found


def _name(old: tuple[Module, ...], new: tuple[Module, ...]) -> str:
    """What sets two treatments of a layer apart, where it is one thing."""
    if not old or not new:
        return "left out" if old else "added"
    if [x.technique for x in old] != [x.technique for x in new]:
        return "technique"
    same = {
        name
        for name in ("capacity", "roles", "rate")
        if [getattr(x, name) for x in old] == [getattr(x, name) for x in new]
    }
    named = {"capacity": "size", "roles": "matrices", "rate": "rate factor"}
    return " and ".join(word for name, word in named.items() if name not in same)
