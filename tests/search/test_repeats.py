"""When to retrain, and what."""

from statistics import fmean

import pytest

from peftsearch.search.goals.observations import Observation
from peftsearch.search.goals.reference_point import ReferencePoint
from peftsearch.search.repeats import choose_repeat, repeat_due
from peftsearch.spaces.configurations.configuration import Configuration

from .jobs import lora

REFERENCE = ReferencePoint(quality=0.6, cost=1e6, cheapest=1e3, lowest=0.6)


def member(rank: int, cost: float, *qualities: float, pending: int = 0) -> Observation:
    heights = (fmean(qualities), -cost) if qualities else ()
    return Observation(lora(rank), qualities, cost, pending, failed=False, heights=heights)


@pytest.mark.parametrize(
    ("share", "budget", "design"), [(0.15, 12, 8), (0.15, 50, 12), (0.15, 200, 17), (0.0, 50, 12)]
)
def test_they_add_up_to_the_share_of_the_budget(share: float, budget: int, design: int) -> None:
    done = 0
    for number in range(design, budget):
        done += repeat_due(share, budget, design, number, done)
    assert share * budget - 1 < done <= share * budget


def test_at_most_every_second_trial_is_a_repeat() -> None:
    due: list[bool] = []
    for number in range(10, 20):
        due.append(repeat_due(0.9, 20, 10, number, sum(due)))
    assert sum(due) == 5
    assert not any(one and other for one, other in zip(due, due[1:], strict=False))


def test_without_a_number_of_trials_the_share_is_of_what_runs() -> None:
    done = 0
    for number in range(10, 110):
        done += repeat_due(0.15, None, 10, number, done)
    assert done == 15


def test_the_widest_step_is_retrained() -> None:
    wide, narrow = member(8, 1e4, 0.8), member(4, 5e3, 0.7)
    assert choose_repeat([narrow, wide], REFERENCE) == wide.configuration


def test_seeds_and_pending_seeds_lower_the_stake() -> None:
    """The wide step spans two decades, the narrow one: even at four seeds against one."""
    narrow, dearest = member(4, 1e3, 0.7), member(32, 9e5, 0.9)

    def chosen(wide: Observation) -> Configuration | None:
        return choose_repeat([narrow, wide, dearest], REFERENCE)

    assert chosen(member(8, 1e4, 0.8, 0.8, 0.8)) == lora(8)
    assert chosen(member(8, 1e4, *[0.8] * 5)) == lora(4)
    assert chosen(member(8, 1e4, 0.8, pending=4)) == lora(4)


def test_the_dearest_gets_no_more_repeats_than_another() -> None:
    """Its step runs to the reference point, two decades out, the other's spans one."""
    small = member(4, 1e3, 0.7)
    assert choose_repeat([small, member(8, 1e4, 0.8)], REFERENCE) == lora(8)
    assert choose_repeat([small, member(8, 1e4, 0.8, 0.8)], REFERENCE) == lora(4)


def test_nothing_that_earns_nothing_is_retrained() -> None:
    probe, dominated = member(1, 0.0, 0.6), member(2, 1e4, 0.5)
    beyond, untried = member(16, 2e6, 0.9), member(4, 1e4)
    assert choose_repeat([probe, dominated, beyond, untried], REFERENCE) is None
    assert choose_repeat([], REFERENCE) is None
