"""From trials to what is known of each key."""

import math
import random
from dataclasses import replace

import pytest

from peftsearch.records.axes import known_value, quality_of
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.search.goals.observations import Observer, find_front, observe
from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from tests.specs import make_spec

from .jobs import lora, make_trial

SPEC = make_spec()


def trial(
    number: int, configuration: Configuration, quality: float | None, **changes: object
) -> Trial:
    made = make_trial(number, Proposal(configuration, number, "search"), quality)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_seeds_of_one_key_are_one_observation() -> None:
    split = Configuration(
        (Stratum(0, 3, lora(8).strata[0].modules), Stratum(3, 6, lora(8).strata[0].modules)), 1e-3
    )
    found = observe(SPEC, [trial(1, split, 0.9), trial(0, lora(8), 0.8), trial(2, lora(4), 0.7)])
    assert [x.qualities for x in found] == [(0.8, 0.9), (0.7,)]
    assert found[0].quality == pytest.approx(0.85)
    assert found[0].cost == 2 * found[1].cost == 8 * 2 * 6 * 2 * 384


@pytest.mark.parametrize(
    "changes",
    [
        {"state": TrialState.RUNNING},
        {"state": TrialState.FAILED},
        {"fidelity": 0.5},
        {"measurements": {"accuracy": math.nan}},
        {"measurements": {"loss": 0.1}},
    ],
)
def test_only_full_completed_finite_results_count(changes: dict[str, object]) -> None:
    assert quality_of(SPEC, trial(0, lora(8), 0.8, **changes)) is None


def test_what_is_known_of_a_key_is_worked_out_again_where_its_trials_are_other_records() -> None:
    observer = Observer(SPEC)
    begun = replace(trial(0, lora(8), None), state=TrialState.RUNNING)
    trials = [begun, trial(1, lora(4), 0.7), trial(2, lora(2), 0.6)]
    first = list(observer.observe(trials).values())
    trials = [trial(0, lora(8), 0.8), *trials[1:], trial(3, lora(2), 0.4), trial(4, lora(1), 0.3)]
    second = list(observer.observe(trials).values())
    assert second == observe(SPEC, trials)
    assert [x is y for x, y in zip(first, second, strict=False)] == [False, True, False]


def test_whatever_was_observed_before_the_same_is_said_in_the_same_order() -> None:
    rng, observer = random.Random(0), Observer(SPEC)
    ranks = (1, 2, 4, 8, 16)
    trials: list[Trial] = []
    for _ in range(200):
        changed = rng.choice(["new", "new", "record", "other", "fewer", "order", "none"])
        place = rng.randrange(len(trials)) if trials else 0
        if changed == "new" or not trials:
            trials = [*trials, trial(len(trials), lora(rng.choice(ranks)), None)]
        elif changed == "record":
            trials[place] = replace(trials[place], measurements={"accuracy": rng.random()})
        elif changed == "other":
            trials[place] = trial(place, lora(rng.choice(ranks)), rng.random())
        elif changed == "fewer" and rng.random() < 0.2:
            trials = [replace(x, number=i) for i, x in enumerate(trials[: place + 1])]
        elif changed == "order":
            rng.shuffle(trials)
        known = observer.observe(trials)
        assert list(known.values()) == observe(SPEC, trials)
        assert list(known) == [x.configuration.key for x in known.values()]
        numbers = {x: [y.number for y in observer.trials_of(x)] for x in known}
        assert sorted(y for x in numbers.values() for y in x) == sorted(x.number for x in trials)
        assert all(x == sorted(x) for x in numbers.values())


def test_pending_and_failed_are_told_apart() -> None:
    trials = [
        trial(0, lora(8), None, state=TrialState.QUEUED),
        trial(1, lora(8), None, state=TrialState.RUNNING),
        trial(2, lora(4), None, state=TrialState.FAILED),
    ]
    assert [(x.pending, x.failed) for x in observe(SPEC, trials)] == [(2, False), (0, True)]


@pytest.mark.parametrize("cost", ["trainable_parameters", "adapter_bytes"])
def test_recorded_costs_are_taken_as_they_are_and_others_computed(cost: str) -> None:
    spec = make_spec(objectives={"minimise": [cost, "backward_depth"]})
    whole, bare = trial(0, lora(8), 0.8), trial(1, lora(4), 0.7)
    costs = {name: known_value(spec, name, lora(8)) for name in spec.goals[1:]}
    kept = replace(whole, measurements={**whole.measurements, **costs})
    assert observe(spec, [kept, bare], recorded=True) == observe(spec, [whole, bare])
    other = replace(kept, measurements={**kept.measurements, spec.objectives.cost: 5.0})
    assert observe(spec, [other], recorded=True)[0].cost == 5.0
    assert -5.0 in observe(spec, [other], recorded=True)[0].heights
    assert observe(spec, [other])[0].cost == costs[spec.objectives.cost]


def test_the_front_is_ascending_in_cost_and_quality() -> None:
    trials = [
        trial(0, lora(16), 0.90),
        trial(1, lora(4), 0.80),
        trial(2, lora(8), 0.75),
        trial(3, lora(2), None, state=TrialState.RUNNING),
        trial(4, lora(32), 0.90),
    ]
    front = find_front(observe(SPEC, trials))
    assert [x.configuration for x in front] == [lora(4), lora(16)]
    assert find_front([]) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_that_cannot_be_squared_counts_as_a_failure(sign: int) -> None:
    found = observe(SPEC, [trial(0, lora(8), sign * 1e160), trial(1, lora(4), sign * 1e99)])
    assert [x.qualities for x in found] == [(), (sign * 1e99,)]
    assert [x.failed for x in found] == [True, False]
