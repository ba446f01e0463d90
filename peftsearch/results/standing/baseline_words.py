"""How a job stands beside its baselines, in plain sentences and as plain data."""

from collections.abc import Sequence
from typing import Any

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.versus import Versus
from peftsearch.results.comparisons.versus_words import tell_gain
from peftsearch.results.wording import amount, describe, plural
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .baselines import Baselines, Rival
from .volume_words import tell_share

_VERBS = {"ahead": "beats", "level": "ties with", "behind": "is beaten by"}


def tell_baselines(found: Baselines | None, name: str, options: str = "") -> list[str]:
    """The sentence first, then what else was compared, and what was not.

    Args:
        name: Of the job.
        options: Of a command line that means the same database.
    """
    again = f"`peftsearch baselines {name}{options}`"
    if found is None:
        return [f"baselines: none were trained; {again} holds the front against LoRA of each rank"]
    told = [f"baselines: {tell_sentence(found)}"]
    told += [f"  {x}" for x in _tell_more(found)]
    if found.waiting:
        ended = found.total - found.waiting
        told.append(f"  {ended} of {found.total} baselines have ended; {again} goes on")
    told += [
        f"  {x.name} failed: {x.failure}" for x in found.rivals if x.found is None and x.failure
    ]
    return told + [f"  left out: {x}" for x in found.companion.left_out]


def tell_sentence(found: Baselines) -> str:
    """Whether the front beats the sweep, by how much, and how sure that is."""
    spec, best = found.spec, found.best
    if best is None or best.found is None:
        return "no training of the LoRA sweep has a result yet."
    volumes = _tell_volumes(found)
    named = f"{best.name}, {_tell_costs(best.found, spec)}, {_tell_quality(best.found, spec)}"
    if found.at_cost is None:
        return (
            f"nothing on the front costs as little as the best of the LoRA sweep ({named}), so "
            f"that they cannot be compared at one cost; {volumes}."
        )
    left = found.at_cost.left[0]
    return (
        f"at no more than the cost of the LoRA sweep's best ({named}) the search "
        f"{_VERBS[found.at_cost.verdict]} it: {_tell_quality(left, spec)} at "
        f"{_tell_costs(left, spec)}, {tell_gain(found.at_cost, spec)}; {volumes}."
    )


def _tell_volumes(found: Baselines) -> str:
    if found.unbeaten:
        return "neither has a hypervolume, since nothing of both beats the best floor"
    told = [tell_share(x, found.floored) for x in found.shares]
    return f"hypervolume {' against '.join(told)}"


def _tell_more(found: Baselines) -> list[str]:
    """The chosen configuration, full fine-tuning, other places, and what to think of maxima."""
    spec, told = found.spec, []
    if found.chosen is None and found.outright is not None:
        told.append("no rank of the sweep costs as little as the chosen one")
    if found.chosen is not None:
        named = _name_rival(found, found.chosen)
        told.append(
            f"the chosen one {_VERBS[found.chosen.verdict]} the best of the sweep at its cost or "
            f"less ({named}): {tell_gain(found.chosen, spec)}"
        )
    if found.outright is not None and found.outright not in (found.chosen, found.at_cost):
        told.append(
            f"the chosen one, at {_tell_ratio(found.outright, spec)}, "
            f"{_VERBS[found.outright.verdict]} the best of the sweep: "
            f"{tell_gain(found.outright, spec)}"
        )
    if found.full is not None:
        told.append(
            f"the chosen one {_VERBS[found.full.verdict]} full fine-tuning "
            f"({_tell_quality(found.full.right[0], spec)}): {tell_gain(found.full, spec)}"
        )
    if found.places is not None:
        told.append(_tell_places(found.places, spec))
    return [*told, *_tell_luck(found)]


def _tell_places(found: Versus, spec: JobSpec) -> str:
    name = spec.task.quality
    each = ", ".join(amount(name, x.values[name]) for x in found.right)
    where = plural(len(found.right), "random place")
    owed = {
        "ahead": "the place matters",
        "level": "that its place matters cannot be seen",
        "behind": "its own place is the worse one",
    }
    return (
        f"its modules at {where} have {objective(name).label} {each}: {owed[found.verdict]} "
        f"({tell_gain(found, spec)})"
    )


def _tell_luck(found: Baselines) -> list[str]:
    if found.best is None:
        return []
    searched, swept = found.tried
    return [
        f"the search is the best of {searched} configurations and the sweep of {swept}, by the "
        f"same validation rows, so that whichever leads is flattered; {_confirm(found)} trains "
        "both anew and compares them on the test split"
    ]


def _confirm(found: Baselines) -> str:
    return f"`peftsearch confirm {found.spec.name} --sweep`"


def _name_rival(found: Baselines, versus: Versus) -> str:
    key = versus.right[0].key
    named = [x.name for x in found.rivals if x.found is not None and x.found.key == key]
    return f"{named[0]}, {_tell_costs(versus.right[0], found.spec)}"


def _tell_quality(found: Estimate[Trial], spec: JobSpec) -> str:
    name = spec.task.quality
    return f"{objective(name).label} {amount(name, found.values[name])}"


def _tell_costs(found: Estimate[Trial], spec: JobSpec) -> str:
    costs = [x for x in spec.goals[1:] if x in found.values]
    return " and ".join(_tell_cost(x, found.values[x]) for x in costs)


def _tell_cost(name: str, value: float) -> str:
    row, told = objective(name), amount(name, value)
    if row.style == "score":
        return f"{row.label} {told}"
    return f"{told} {row.label}" if row.style == "count" and not row.unit else told


def _tell_ratio(found: Versus, spec: JobSpec) -> str:
    cost = spec.objectives.cost
    left, right = (x[0].values.get(cost, 0.0) for x in (found.left, found.right))
    label = objective(cost).label
    if not right:
        return f"another {label}"
    share = left / right
    return f"{share:.0%} of its {label}" if share < 1 else f"{share:.3g} times its {label}"


def tell_beside(parent: str) -> str:
    """Of a job that stands beside another, which has no baselines of its own."""
    return f"beside the job {parent}, whose results say what this is worth"


def baselines_json(
    found: Baselines | None, name: str, parent: str | None = None
) -> dict[str, Any]:
    """Plain data; `trained` is false of a job without, and `command` null of one that can have
    none, since it stands beside another.

    Args:
        parent: Name of the job that it stands beside.
    """
    if parent is not None:
        told = tell_beside(parent)
        return {"trained": False, "sentence": told, "lines": [told], "command": None}
    lines = tell_baselines(found, name)
    command = f"peftsearch baselines {name}"
    if found is None:
        return {"trained": False, "sentence": lines[0], "lines": lines, "command": command}
    named = {
        "at_cost": found.at_cost,
        "chosen": found.chosen,
        "outright": found.outright,
        "full": found.full,
        "places": found.places,
    }
    return {
        "trained": True,
        "sentence": tell_sentence(found),
        "lines": lines,
        "command": command,
        "companion": found.companion.name,
        "picked": found.companion.picked,
        "waiting": found.waiting,
        "total": found.total,
        "tried": {"search": found.tried[0], "sweep": found.tried[1]},
        "hypervolume": {"search": found.shares[0], "sweep": found.shares[1]},
        "differences": {key: x and x.to_json() for key, x in named.items()},
        "baselines": _rows(found.rivals, found.spec),
        "left_out": list(found.companion.left_out),
    }


def _rows(rivals: Sequence[Rival], spec: JobSpec) -> list[dict[str, Any]]:
    return [
        {
            "role": x.role,
            "name": x.name,
            "rates_tried": x.tried,
            "failure": x.failure,
            "key": None if x.found is None else x.found.key,
            "values": None if x.found is None else dict(x.found.values),
            "words": None if x.found is None else describe(x.found.configuration, spec.anatomy),
        }
        for x in rivals
    ]
