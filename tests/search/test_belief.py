"""What is believed of untrained configurations, on made-up jobs whose truth is known."""

import numpy as np

from peftsearch.records.axes import cost_of
from peftsearch.search.belief import Belief, believe
from peftsearch.search.expectations import expect, expect_trained
from peftsearch.search.predicted_front import predict_front
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.neighbours import neighbours

from .jobs import PREPARED, emulate, make_job


def strangers(belief: Belief) -> list[Configuration]:
    """What nobody trained, one edit from the best."""
    best = sorted(belief.told, key=lambda x: -x.quality)[:6]
    found = [y for x in best for y in neighbours(belief.space, x.configuration)]
    known = {x.configuration.key for x in belief.known}
    return [x for x in found if x.key not in known and emulate(x) > belief.reference.lowest]


def test_the_truth_of_what_nobody_trained_is_within_the_interval() -> None:
    """The seeds are fixed: figures are the same each time."""
    held, missed, flat = [], [], []
    for seed in range(3):
        belief = believe(*make_job(seed), PREPARED)
        assert belief is not None
        new = strangers(belief)
        truth = np.array([emulate(x) for x in new])
        found = belief.expect(new)
        held += [x.low <= y <= x.high for x, y in zip(found, truth, strict=True)]
        missed.append(np.abs([x.mean for x in found] - truth).mean())
        flat.append(np.abs(truth.mean() - truth).mean())
    assert len(held) > 300
    assert 0.9 <= np.mean(held) <= 1.0
    assert np.mean(missed) < np.mean(flat)


def test_less_is_known_of_what_nobody_trained() -> None:
    spec, trials = make_job(0)
    belief = believe(spec, trials, PREPARED)
    assert belief is not None
    trained = expect_trained(belief)
    assert trained == expect(spec, trials, PREPARED)
    widest = max(x.deviation for x in trained.values())
    assert min(x.deviation for x in belief.expect(strangers(belief))) > 0.9 * widest
    assert max(x.deviation for x in belief.expect(strangers(belief))) > widest


def test_the_predicted_front_rises_and_gains_on_what_was_trained() -> None:
    spec, trials = make_job(0)
    belief = believe(spec, trials, PREPARED)
    assert belief is not None
    found = predict_front(belief)
    costs, means = [x.cost for x in found], [x.expectation.mean for x in found]
    assert costs == sorted(costs) and means == sorted(set(means)) and len(found) > 3
    assert all(belief.space.feasible(x.configuration) or x.cost == 0 for x in found)
    assert all(
        low <= y <= high
        for y, low, high in (
            (x.expectation.mean, x.expectation.low, x.expectation.high) for x in found
        )
    )
    step = (means[-1] - means[0]) / 20
    for one in belief.told:
        cost, (expected,) = cost_of(spec, one.configuration), belief.expect([one.configuration])
        assert (
            max(x for x, y in zip(means, costs, strict=True) if y <= cost) > expected.mean - step
        )


def test_too_few_trials_say_nothing() -> None:
    spec, trials = make_job(0)
    assert believe(spec, trials[:4], PREPARED) is None
