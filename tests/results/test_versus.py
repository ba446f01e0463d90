"""How sure a difference of two configurations is."""

from dataclasses import replace

import numpy as np
import pytest

from peftsearch.records.estimates import Estimate, estimate, share_error
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.chance import judge
from peftsearch.results.comparisons.versus import (
    Noise,
    Parts,
    hold_against,
    name_side,
    read_kept,
)
from peftsearch.results.comparisons.versus_words import tell_gain
from peftsearch.results.standing.ablation import Ablated
from peftsearch.results.standing.ablation_words import _tell

from .made import SPEC, make_trial


def one(rank: int, *accuracies: float, first: int = 10) -> Estimate[Trial]:
    return estimate(make_trial(first + i, rank, x) for i, x in enumerate(accuracies))


def test_without_predictions_both_have_rows_of_their_own() -> None:
    left, right = one(1, 0.80), one(2, 0.75, first=20)
    found = hold_against([left], [right], SPEC, {}, Noise())
    assert found.gain == pytest.approx(0.05) and not found.paired
    wanted = np.hypot(share_error(0.80, 400), share_error(0.75, 400))
    assert found.error == pytest.approx(wanted)
    rowless = [estimate([replace(x.first, provenance={})]) for x in (left, right)]
    assert hold_against([rowless[0]], [rowless[1]], SPEC, {}, Noise()).error is None


def test_no_lead_is_named_where_nothing_tells_what_chance_gives() -> None:
    left, right = one(1, 0.80), one(2, 0.75, first=20)
    rowless = [estimate([replace(x.first, provenance={})]) for x in (left, right)]
    found = hold_against([rowless[0]], [rowless[1]], SPEC, {}, Noise())
    assert found.gain > 0 and found.verdict == "level"
    told = "+0.0500, and nothing tells how much of it is chance"
    assert tell_gain(found, SPEC) == _tell(Ablated("it", "key", found, None), SPEC) == told


def test_two_that_answer_alike_have_no_error_and_are_told() -> None:
    left, right = one(1, 0.80), one(2, 0.80, first=20)
    kept = {(name_side([left]), name_side([right])): Parts(0.0, 0.0)}
    found = hold_against([left], [right], SPEC, kept, Noise())
    assert found.error == 0 and found.errors is None and found.verdict == "level"
    told = "+0.0000, and all rows are answered alike"
    assert tell_gain(found, SPEC) == _tell(Ablated("it", "key", found, None), SPEC) == told


def test_predictions_on_the_same_rows_make_it_surer() -> None:
    left, right = one(1, 0.80), one(2, 0.75, first=20)
    pair = {"left": name_side([left]), "right": name_side([right]), "rows": 1e-4, "seeds": 0.0}
    kept = read_kept([{"pairs": [{**pair, "rows": 9.0}]}, {"pairs": [pair]}])
    found = hold_against([left], [right], SPEC, kept, Noise())
    assert found.paired and found.error == pytest.approx(0.01)
    more = one(1, 0.80, 0.81)  # another seed since: what is kept is of one
    assert not hold_against([more], [right], SPEC, kept, Noise()).paired


def test_trainings_that_differ_elsewhere_may_differ_here() -> None:
    noise = Noise.of([one(1, 0.80, 0.82), one(2, 0.70, 0.74), one(4, 0.6)], "accuracy")
    assert noise.freedom == 2
    assert noise.variance == pytest.approx((0.02**2 / 2 + 0.04**2 / 2) / 2)
    left, right = one(1, 0.80), one(2, 0.75, first=20)
    kept = {(name_side([left]), name_side([right])): Parts(1e-4, 0.0)}
    found = hold_against([left], [right], SPEC, kept, noise)
    assert found.error == pytest.approx((1e-4 + 2 * noise.variance) ** 0.5)
    assert Noise.of([one(1, 0.8)], "accuracy") == Noise()


@pytest.mark.parametrize(("searched", "swept"), [(40, 42), (12, 42), (40, 6)])
def test_of_two_maxima_that_are_worth_the_same_one_is_rarely_said_to_lead(
    searched: int, swept: int
) -> None:
    rng, error, said = np.random.default_rng(0), 0.02, []
    for _ in range(400):
        best = [float(rng.normal(0.8, error / 2**0.5, n).max()) for n in (searched, swept)]
        left, right = one(1, best[0]), one(2, best[1], first=20)
        kept = {(name_side([left]), name_side([right])): Parts(error**2, 0.0)}
        found = hold_against([left], [right], SPEC, kept, Noise(), (searched, swept))
        said.append(found.verdict)
    assert said.count("ahead") + said.count("behind") < 0.05 * len(said)
    assert "level" in said


def test_a_tie_is_level_and_a_clear_lead_is_none() -> None:
    left, right = one(1, 0.80), one(2, 0.80, first=20)
    assert hold_against([left], [right], SPEC, {}, Noise()).verdict == "level"
    worse = one(2, 0.60, first=20)
    assert hold_against([left], [worse], SPEC, {}, Noise(), (50, 50)).verdict == "ahead"
    assert hold_against([worse], [left], SPEC, {}, Noise(), (50, 50)).verdict == "behind"


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_parts_that_do_nothing_are_rarely_said_to_do_something(parts: int) -> None:
    rng, claims = np.random.default_rng(0), 0
    for _ in range(2000):
        whole, each = rng.normal(), rng.normal(size=parts)
        gains = (each - whole) / 2**0.5  # all answer the same rows
        claims += any(judge(x, 1.0, parts) != "level" for x in gains)
    assert claims < 0.06 * 2000


def test_an_ablation_calls_better_what_baselines_call_ahead() -> None:
    left, right = one(1, 0.814), one(2, 0.80, first=20)
    for error, word in ((0.01, "nothing to be seen"), (0.005, "better")):
        kept = {(name_side([left]), name_side([right])): Parts(error**2, 0.0)}
        found = hold_against([left], [right], SPEC, kept, Noise(), (2, 2))
        assert (found.verdict == "ahead") is (word == "better")
        told = _tell(Ablated("it", "key", found, None), SPEC)
        assert told == f"{word} ({tell_gain(found, SPEC)})"
        assert ("which may be chance: it gives the best of 2 up to 2.2" in told) is (error == 0.01)
