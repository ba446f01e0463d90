"""Why a point was picked, in a sentence or two."""

from collections.abc import Sequence

from peftsearch.results.picks.pick import Choice, broken
from peftsearch.results.picks.rules import ONE_SE
from peftsearch.results.wording import amount
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .candidate_estimates import Candidate

_KNEE = "The knee of the front: beyond it, a better {quality} costs more than its share."
_ONE_SE = (
    "The cheapest on the front within one standard error of the best {quality}, as further "
    "trainings are expected to show it."
)
_RAW = "The cheapest on the front within one standard error of the best {quality}."
_BEST = "The best {quality} of the front: nothing cheaper is within one standard error of it."
_ALONE = "The only point of the front."
_LAST = "The knee of the front, and its best {quality}: each step up to it was worth its cost."


def explain(
    choice: Choice[Candidate],
    better: Candidate | None,
    front: Sequence[Candidate],
    spec: JobSpec,
) -> str:
    """One or two plain sentences.

    Args:
        better: What the bounds kept out (`next_better`).
        front: Ascending by cost.
    """
    chosen, wanted = choice.chosen, choice.wanted
    value = f"{wanted.name}, {amount(wanted.name, chosen.values[wanted.name])},"
    if choice.kind == "where":
        return _explain_bounds(choice, better)
    if choice.kind == "best":
        others = f"of the {len(front)} configurations on the front"
        return f"{_most(choice)} {value} {others}.{_cheaper(chosen, front, spec)}"
    if choice.kind == ONE_SE:
        return _explain_one_se(chosen, front, spec)
    if choice.kind == "knee":
        qualities = [wanted.signed(x.values[wanted.name]) for x in front]
        best = wanted.signed(chosen.values[wanted.name]) == max(qualities)
        told = _ALONE if len(front) == 1 else _LAST if best else _KNEE
        return told.format(quality=wanted.name) + _neighbours(chosen, front, spec)
    if choice.kind == "row":
        row = front.index(chosen) + 1
        order = "the cheapest to the " + ("best" if len(spec.goals) == 2 else "dearest")
        return f"Row {row} of the {len(front)} on the front, from {order}."
    number = chosen.first.number
    return f"Trial {number} itself, whatever other seeds of its configuration reached."


def _explain_one_se(chosen: Candidate, front: Sequence[Candidate], spec: JobSpec) -> str:
    goal = objective(spec.task.quality)
    best = max(front, key=lambda x: goal.signed(x.values[goal.name]))
    told = _ONE_SE if chosen.expected else _RAW
    if chosen is best:
        told = _ALONE if len(front) == 1 else _BEST
    dearer = "" if chosen is best else f" {_compare('The best one', best, chosen, spec)}"
    return told.format(quality=goal.name) + dearer


def _most(choice: Choice[Candidate]) -> str:
    return "Highest" if choice.wanted.maximise else "Lowest"


def _explain_bounds(choice: Choice[Candidate], better: Candidate | None) -> str:
    name = choice.wanted.name
    value = amount(name, choice.chosen.values[name])
    number = len(choice.fitting)
    these = f"{number} configurations" if number > 1 else "only configuration"
    bounds = " and ".join(map(str, choice.bounds))
    first = f"{_most(choice)} {name}, {value}, of the {these} with {bounds}"
    if number == 1:
        first = f"The {these} with {bounds}; its {name} is {value}"
    if better is None:
        return f"{first}. No configuration outside them is better."
    needs = " and ".join(_need(better, bound) for bound in broken(better, choice.bounds))
    reached = amount(name, better.values[name])
    return f"{first}; the next better one, {reached} ({better.first.words}), {needs}."


def _need(candidate: Candidate, bound: Bound) -> str:
    if bound.name not in candidate.values:
        return f"lacks a measured {bound.name}"
    verb = "needs" if bound.sign.startswith("<") else "has only"
    return f"{verb} {bound.name} {amount(bound.name, candidate.values[bound.name])}"


def _cheaper(chosen: Candidate, front: Sequence[Candidate], spec: JobSpec) -> str:
    at = front.index(chosen)
    if at == 0:
        return " It is the cheapest as well."
    return f" {_compare('The next cheaper one', front[at - 1], chosen, spec)}"


def _neighbours(chosen: Candidate, front: Sequence[Candidate], spec: JobSpec) -> str:
    at, parts = front.index(chosen), []
    if at > 0:
        parts.append(_compare("The next cheaper one", front[at - 1], chosen, spec))
    if at + 1 < len(front):
        parts.append(_compare("The next dearer one", front[at + 1], chosen, spec))
    return "".join(f" {part}" for part in parts)


def _compare(who: str, other: Candidate, chosen: Candidate, spec: JobSpec) -> str:
    """What a neighbour on the front costs and gains."""
    name, cost = spec.task.quality, spec.objectives.cost
    reached = amount(name, other.values[name])
    costs = amount(cost, other.values[cost]), amount(cost, chosen.values[cost])
    return f"{who} reaches {reached} with {cost} {costs[0]} instead of {costs[1]}."
