"""What a lucky score keeps off a front: configurations of which the model expects more.

A front is of observed means. One training that was lucky dominates all that costs more and scored
less, and the more trainings there are, the luckier is the luckiest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from peftsearch.records.dominance import choose_front
from peftsearch.records.estimates import Estimate
from peftsearch.records.expectation import Expectation
from peftsearch.records.trial import Trial
from peftsearch.results.wording import cell, plural
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .expected import show_expected


def find_hidden(
    members: Sequence[Estimate[Trial]],
    everything: Sequence[Estimate[Trial]],
    expected: Mapping[str, Expectation],
    spec: JobSpec,
) -> list[Estimate[Trial]]:
    """What would be on the front of expected qualities and is not on that of observed ones, the
    one of which most is expected first.

    Args:
        members: The front.
        everything: All configurations that have a result.
        expected: By key, where something is known.
    """
    goal, shown = objective(spec.task.quality), {x.key for x in members}
    told = [_as_expected(x, expected.get(x.key), goal.name) for x in everything]
    front = choose_front(told, spec.goals, spec.limits)
    found = [x for x in front if x.key not in shown and x.expected is not None]
    return sorted(found, key=lambda x: -goal.signed(x.values[goal.name]))


def _as_expected(
    found: Estimate[Trial], expected: Expectation | None, name: str
) -> Estimate[Trial]:
    if expected is None:
        return found
    return replace(found, values={**found.values, name: expected.mean}, expected=expected)


def tell_hidden(
    members: Sequence[Estimate[Trial]],
    everything: Sequence[Estimate[Trial]],
    expected: Mapping[str, Expectation],
    spec: JobSpec,
) -> list[str]:
    """One line where more is expected of a hidden configuration than of any on the front.

    Args:
        members: The front.
        everything: All configurations that have a result.
        expected: By key; empty where too little is known.
    """
    hidden = find_hidden(members, everything, expected, spec) if expected else []
    goal = objective(spec.task.quality)
    shown = [expected[x.key].mean for x in members if x.key in expected]
    if not hidden or not shown:
        return []
    best, most = hidden[0], max(shown, key=goal.signed)
    if best.expected is None or goal.signed(best.expected.mean) <= goal.signed(most):
        return []
    number, cost = best.numbers[0], objective(spec.objectives.cost)
    return [
        f"Lucky scores keep {plural(len(hidden), 'configuration')} off this front of which the "
        f"model expects more: of trial {number}, with {cost.label} "
        f"{cell(cost.name, best.values[cost.name])}, {goal.label} "
        f"{show_expected(goal.name, best.expected)} at a repeat, where the most that it expects "
        f"of any on the front is {cell(goal.name, most)}; the pick 'trial {number}' takes it"
    ]
