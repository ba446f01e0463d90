"""The width of an interval as it is told before a confirmation begins."""

from dataclasses import replace

import pytest

from peftsearch.records.estimates import estimate_each, share_error
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.confirmations.plan import Plan
from peftsearch.results.confirmations.seed_spread import BY_ROWS, RECORDED, estimate_spread
from peftsearch.results.confirmations.width import Width, foresee_width
from peftsearch.results.confirmations.width_words import tell_width, tell_widths
from tests.specs import make_spec

from .made import SPEC, make_trial

FLOOR = Floor("features", "logistic regression", {"accuracy": 0.86}, 0.017)
PREPARATION = Preparation((FLOOR,))


def seen(number: int, accuracy: float, rank: int = 8, scored: int = 400) -> Trial:
    trial = make_trial(number, rank, accuracy)
    known = {"gain_errors": {"features": 0.012}, "validation_rows": scored}
    return replace(trial, provenance={**trial.provenance, **known})


def foresee(trials: list[Trial], seeds: int, level: float = 0.95, rows: int = 400) -> Width:
    given = trials[0].configuration, trials, PREPARATION, Plan.of(seeds, None)
    found = foresee_width(SPEC, *given, rows, level)
    assert found is not None
    return found


def test_two_seeds_are_told_to_be_too_few_and_how_many_would_do() -> None:
    trials = [seen(0, 0.90), seen(1, 0.88), seen(2, 0.91), seen(3, 0.89)]
    two = foresee(trials, 2)
    assert two.quantile == pytest.approx(12.706, abs=0.001)
    assert two.half > 0.05 > abs(two.standing.gain) and two.wide
    wide, warning = tell_width(two, SPEC)
    assert (
        "2 seeds (Student's t 12.7); trainings are taken to differ by 0.0091: 3 repeated" in wide
    )
    assert "of 1 configuration, apart by 0.0129 on 400 validation rows and recorded ones" in wide
    assert warning.startswith("that may be too wide to tell the floor apart, beside the 0.0350")
    assert "(standard error 0.0" in warning
    assert warning.endswith(f"{two.enough} seeds would likely do")
    assert two.enough is not None
    enough = foresee(trials, two.enough)
    assert not enough.wide and len(tell_width(enough, SPEC)) == 1
    assert foresee(trials, two.enough - 1).wide


def test_two_seeds_are_told_to_be_few_where_the_lead_is_larger_than_the_interval_too() -> None:
    trials = [seen(0, 1.0), seen(1, 0.98), seen(2, 1.0), seen(3, 0.97)]
    two, three = foresee(trials, 2), foresee(trials, 3)
    assert not two.wide and three.half < 0.6 * two.half
    few = "2 seeds are few, most of that width comes from them: 3 would make it about ± {}"
    assert tell_width(two, SPEC)[1:] == [few.format(f"{three.half:.4f}")]
    assert tell_widths([two, None], SPEC)[1:] == [few.format(f"{three.half:.4f}")]
    assert len(tell_width(three, SPEC)) == 1


def test_what_nothing_observed_is_what_recorded_trainings_have() -> None:
    alone = foresee([seen(0, 0.92)], 3)
    rows = share_error(0.92, 400)
    assert alone.spread.deviation == pytest.approx(rows * (RECORDED - BY_ROWS) ** 0.5)
    assert "as recorded trainings of other jobs do: nothing was" in tell_width(alone, SPEC)[0]


def test_one_pair_on_few_rows_says_little() -> None:
    """Eight of 75 rows apart, which alone would be ± .19 and no number of seeds."""
    apart = foresee([seen(0, 0.853, scored=75), seen(1, 0.747, scored=75)], 3)
    assert 0.02 < apart.spread.deviation < 0.04 < apart.half < 0.09
    low, high = apart.ends
    assert low < 0.036 < apart.half < high < 0.25
    told = " ".join(tell_width(apart, SPEC))
    assert "1 repeated training of 1 configuration, apart by 0.0750 on 75 validation rows" in told
    assert "which says little, and recorded ones elsewhere" in told
    assert f"in 9 of 10 cases ± {low:.4f} to ± {high:.4f}" in told


def test_what_many_repeats_show_is_believed() -> None:
    values = [0.90 + 0.05 * (-1) ** i for i in range(40)]
    many = foresee([seen(i, x) for i, x in enumerate(values)], 3)
    assert many.spread.deviation == pytest.approx(0.05, rel=0.1)
    calm = foresee([seen(i, 0.9) for i in range(40)], 3)
    assert calm.spread.deviation < foresee([seen(0, 0.9)], 3).spread.deviation / 2


def test_of_no_share_of_rows_the_error_by_its_rows_tells_the_usual_spread() -> None:
    spec = make_spec(task={"train": "train.csv", "metric": "f1"})
    trial = seen(0, 0.9)
    known = {**trial.provenance, "quality_error": 0.02}
    values = {**trial.measurements, "f1": 0.8}
    (found,) = estimate_each([replace(trial, measurements=values, provenance=known)])
    told = estimate_spread([found], found, spec)
    assert told is not None
    assert told.deviation == pytest.approx(0.02 * (RECORDED - BY_ROWS) ** 0.5)
    (bare,) = estimate_each([replace(trial, measurements=values)])
    assert estimate_spread([bare], bare, spec) is None


def test_a_later_reading_and_fewer_rows_make_it_wider() -> None:
    trials = [seen(0, 0.92)]
    usual = foresee(trials, 3).half
    assert foresee(trials, 3, level=0.975).half > usual
    assert foresee(trials, 3, rows=100).half > usual


def test_where_rows_are_too_few_it_is_told_what_they_make_and_nobody_is_sent_away() -> None:
    few = foresee([seen(0, 0.862)], 3)
    told = tell_width(few, SPEC)
    assert few.enough is None and few.by_rows < few.half
    rows = f"its test rows alone make ± {few.by_rows:.4f} of it, which more test rows narrow"
    assert f"{rows} and more seeds do not" in told[1]
    assert "so that it may be more or less" in told[1]


def test_a_pick_that_is_level_with_the_floor_leads_by_nothing() -> None:
    told = tell_width(foresee([seen(0, 0.86)], 3), SPEC)[-1]
    assert "which has the same as the pick on the validation rows (standard error" in told


def test_nothing_is_told_of_a_job_without_a_floor() -> None:
    trials = [seen(0, 0.92)]
    given = trials[0].configuration, trials, None, Plan()
    assert foresee_width(SPEC, *given, 400, 0.95) is None


def test_of_a_front_it_is_told_how_many_are_not_going_to_be_told_apart() -> None:
    near, far = foresee([seen(0, 0.865)], 3), foresee([seen(0, 0.99)], 30)
    told, warning = tell_widths([near, None, far], SPEC)
    assert "of each configuration minus the best floor is likely to be about ± 0.0" in told
    assert warning.startswith(
        "that may be too wide to tell 1 of the 3 configurations from the floor"
    )
    (alone,) = tell_widths([far, far], SPEC)
    assert " to " not in alone.partition("about ")[2].partition(", in 9")[0]
    assert tell_widths([None], SPEC) == []
