"""What a job expects of its configurations, on made-up jobs whose truth is known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Trial
from peftsearch.search.expectations import expect, is_tellable
from peftsearch.spaces.jobspec.spec import parse_spec

from .jobs import PREPARED, emulate, make_job


def raw(trials: Sequence[Trial]) -> dict[str, float]:
    return {
        key: float(np.mean([x.measurements["accuracy"] for x in trials if x.key == key]))
        for key in dict.fromkeys(x.key for x in trials)
    }


def test_the_best_is_less_too_high_than_its_mean_and_the_truth_within_the_interval() -> None:
    """The seeds are fixed: figures are the same each time."""
    above, expected_above, held = [], [], []
    for seed in range(4):
        spec, trials = make_job(seed)
        truth = {x.key: emulate(x.configuration) for x in trials}
        found, means = expect(spec, trials, PREPARED), raw(trials)
        best = max(found, key=means.__getitem__)
        above.append(means[best] - truth[best])
        expected_above.append(abs(found[best].mean - truth[best]))
        held += [x.low <= truth[key] <= x.high for key, x in found.items()]
    assert np.mean(above) > 0.005
    assert np.mean(expected_above) < np.mean(above)
    assert 0.9 <= np.mean(held) <= 1.0


def test_equal_records_expect_the_same() -> None:
    spec, trials = make_job(0)
    assert expect(spec, trials, PREPARED) == expect(spec, trials[::-1], PREPARED)


def test_the_sampling_error_is_of_the_validation_rows() -> None:
    """Fewer rows tell less; of a share of right rows the trials know how many."""
    spec, trials = make_job(0, repeats=0)
    found = {}
    for rows in (300, 3_000):
        told = [replace(x, provenance={"validation_rows": rows}) for x in trials]
        found[rows] = expect(spec, told, PREPARED)
    assert found[300].keys() == found[3_000].keys()
    assert all(found[300][x].deviation > found[3_000][x].deviation for x in found[300])


def test_what_is_not_better_than_nothing_has_no_expectation() -> None:
    """The model is not told how bad it is."""
    spec, trials = make_job(0)
    means = raw(trials)
    low = {x for x in means if means[x] <= 0.7}
    assert low and not low & expect(spec, trials, PREPARED).keys()


def test_a_loss_keeps_its_sign() -> None:
    spec, trials = make_job(0)
    document = spec.to_json()
    document["task"] = document["task"] | {"metric": "log_loss"}
    losses = [
        replace(x, measurements={"log_loss": 1.0 - x.measurements["accuracy"]}) for x in trials
    ]
    floor = Preparation((Floor("features", "frozen features", {"log_loss": 0.3}, 0.015),))
    found = expect(parse_spec(document), losses, floor)
    same = expect(spec, trials, PREPARED)
    assert found.keys() == same.keys()
    for key, x in found.items():
        assert x.low < x.mean < x.high
        assert x.mean == pytest.approx(1.0 - same[key].mean, abs=1e-3)
        assert x.high == pytest.approx(1.0 - same[key].low, abs=1e-3)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_no_interval_leaves_the_scale_of_its_metric(metric: str) -> None:
    """Qualities that differ by seed, close to the best that there is."""
    spec, trials = make_job(0, n=40, repeats=8)
    document, rng = spec.to_json(), np.random.default_rng(0)
    document["task"] = document["task"] | {"metric": metric}
    lacking = [0.2 * float(rng.random() > 0.5) for _ in trials]
    values = lacking if metric == "log_loss" else [1 - x for x in lacking]
    told = [
        replace(x, measurements={metric: v}, provenance={"validation_rows": 60})
        for x, v in zip(trials, values, strict=True)
    ]
    floor = {"accuracy": 0.7, "log_loss": 0.3}[metric]
    prepared = Preparation((Floor("features", "frozen features", {metric: floor}, 0.02),))
    found = expect(parse_spec(document), told, prepared).values()
    assert found and all(0 <= x.low <= x.mean <= x.high <= 1 for x in found)
    assert any(x.high == 1 if metric == "accuracy" else x.low == 0 for x in found)


@pytest.mark.parametrize("n", [0, 1, 6])
def test_of_few_trials_nothing_is_expected(n: int) -> None:
    spec, trials = make_job(0)
    assert expect(spec, trials[:n], PREPARED) == {}


def test_without_repeats_and_errors_nothing_tells_the_noise() -> None:
    spec, trials = make_job(0, repeats=0)
    assert expect(spec, trials) == {}


def test_what_a_repeat_does_is_told_once_some_were_seen() -> None:
    assert is_tellable(make_job(0, n=15, repeats=2)[1])
    assert not is_tellable(make_job(0, n=14, repeats=2)[1])
    assert not is_tellable(make_job(0, n=25, repeats=1)[1])
