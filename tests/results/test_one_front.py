"""The front of the search, of the store, of the picks and of the service is one, ties included."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from peftsearch.insight.candidate_estimates import add_seeds
from peftsearch.insight.points import Point, point_of
from peftsearch.records.dominance import choose_front
from peftsearch.records.estimates import Estimate, Valued, estimate_each
from peftsearch.records.trial import Trial
from peftsearch.search.goals.observations import find_front, observe
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.storage.store import Store
from tests.service.records import SPEC, Filler

AXES = (SPEC.task.quality, SPEC.objectives.cost)
TIE = [0.1, 0.2, 0.3]
"""Summed from left to right it is more than from right to left."""


def configuration(rank: int, rate: float) -> Configuration:
    """Of one cost for each rank, whatever the rate."""
    return Configuration((Stratum(0, 6, (Module("lora", rank, ("query",)),)),), rate)


CONFIGURATIONS = [configuration(rank, rate) for rank in (1, 2) for rate in (1e-4, 1e-3)]
ACCURACIES = st.sampled_from([0.1, 0.2, 0.3, 0.7, 541 / 872, 602 / 872])
TRIPLES = st.lists(ACCURACIES, min_size=3, max_size=3)


def fill(store: Store, triples: Sequence[Sequence[float]]) -> list[Trial]:
    """Of each configuration three seeds, one after the other."""
    filler = Filler.open(store)
    for accuracies in zip(*triples, strict=True):
        for made, accuracy in zip(CONFIGURATIONS, accuracies, strict=True):
            filler.complete(made, accuracy)
    return store.trials(filler.job.id)


def values_of(found: Valued) -> tuple[float, ...]:
    return tuple(found.values[name] for name in AXES)


@given(st.lists(TRIPLES, min_size=4, max_size=4))
@example([TIE, TIE[::-1], TIE, TIE[::-1]])
@settings(max_examples=10, deadline=None)
def test_every_part_has_the_same_front(triples: list[list[float]]) -> None:
    with Store.open("sqlite:///:memory:") as store:
        trials = fill(store, triples)
        stored = store.front(trials[0].job_id)
    expected = {x.key: values_of(x) for x in stored}
    searched = find_front(observe(SPEC, trials))
    assert {x.configuration.key: (x.quality, x.cost) for x in searched} == expected
    picked = choose_front(estimate_each(trials), AXES)
    assert {x.key: values_of(x) for x in picked} == expected
    one_by_one: dict[str, Estimate[Point]] = {}
    for trial in reversed(trials):
        one_by_one = add_seeds(one_by_one, [point_of(trial, SPEC)])
    shown = choose_front(list(one_by_one.values()), AXES)
    assert {x.key: values_of(x) for x in shown} == expected
    assert expected == exact_front(triples, trials)


def exact_front(
    triples: Sequence[Sequence[float]], trials: Sequence[Trial]
) -> dict[str, tuple[float, float]]:
    """By the definition, from exact sums."""
    costs = {x.key: x.measurements[AXES[1]] for x in trials}
    means = {
        made.key: float(sum(map(Fraction, triple))) / 3
        for made, triple in zip(CONFIGURATIONS, triples, strict=True)
    }
    return {
        key: (quality, costs[key])
        for key, quality in means.items()
        if not any(
            means[x] >= quality
            and costs[x] <= costs[key]
            and (means[x], costs[x]) != (quality, costs[key])
            for x in means
        )
    }
