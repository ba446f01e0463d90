"""The width of an interval as it is told before a confirmation begins."""

from dataclasses import replace

import pytest

from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.confirmations.plan import Plan
from peftsearch.results.confirmations.width import (
    ASSUMED,
    Width,
    foresee_width,
    tell_width,
    tell_widths,
)

from .made import SPEC, make_trial

FLOOR = Floor("features", "logistic regression", {"accuracy": 0.86}, 0.017)
PREPARATION = Preparation((FLOOR,))


def seen(number: int, accuracy: float, rank: int = 8) -> Trial:
    trial = make_trial(number, rank, accuracy)
    return replace(trial, provenance={**trial.provenance, "gain_errors": {"features": 0.012}})


def foresee(trials: list[Trial], seeds: int, level: float = 0.95, rows: int = 400) -> Width:
    given = trials[0].configuration, trials, PREPARATION, Plan.of(seeds, None)
    found = foresee_width(SPEC, *given, rows, level)
    assert found is not None
    return found


def test_two_seeds_are_told_to_be_too_few_and_how_many_would_do() -> None:
    trials = [seen(0, 0.92), seen(1, 0.90), seen(2, 0.93), seen(3, 0.91)]
    two = foresee(trials, 2)
    assert two.quantile == pytest.approx(12.706, abs=0.001)
    assert two.half > 0.1 > abs(two.standing.gain) and two.wide
    wide, warning = tell_width(two, SPEC)
    assert "2 seeds (Student's t 12.7; trainings differ by 0.0129, as observed in 1 conf" in wide
    assert warning.startswith("that is too wide to tell the floor apart, beside the 0.0550")
    assert warning.endswith(f"{two.enough} seeds would make it about so narrow")
    assert two.enough is not None
    enough = foresee(trials, two.enough)
    assert not enough.wide and len(tell_width(enough, SPEC)) == 1
    assert foresee(trials, two.enough - 1).wide


def test_two_seeds_are_told_to_be_few_where_the_lead_is_larger_than_the_interval_too() -> None:
    trials = [seen(0, 1.0), seen(1, 0.99), seen(2, 1.0), seen(3, 0.99)]
    two, three = foresee(trials, 2), foresee(trials, 3)
    assert not two.wide and three.half < two.half / 2
    few = "2 seeds are few, most of that width comes from them: 3 would make it about ± {}"
    assert tell_width(two, SPEC)[1:] == [few.format(f"{three.half:.4f}")]
    assert tell_widths([two, None], SPEC)[1:] == [few.format(f"{three.half:.4f}")]
    assert len(tell_width(three, SPEC)) == 1


def test_what_nothing_observed_is_assumed_and_called_so() -> None:
    few = foresee([seen(0, 0.92), seen(1, 0.92)], 3)
    assert few.spread.deviation == ASSUMED
    assert (
        "0.0150, which is assumed, since too little was trained twice" in tell_width(few, SPEC)[0]
    )


def test_a_later_reading_and_fewer_rows_make_it_wider() -> None:
    trials = [seen(0, 0.92)]
    usual = foresee(trials, 3).half
    assert foresee(trials, 3, level=0.975).half > usual
    assert foresee(trials, 3, rows=100).half > usual


def test_where_rows_are_too_few_no_number_of_seeds_is_named() -> None:
    told = tell_width(foresee([seen(0, 0.862)], 3), SPEC)
    assert told[1].endswith(
        "no number of seeds up to 99 would make it so narrow, more test rows may"
    )


def test_nothing_is_told_of_a_job_without_a_floor() -> None:
    trials = [seen(0, 0.92)]
    given = trials[0].configuration, trials, None, Plan()
    assert foresee_width(SPEC, *given, 400, 0.95) is None


def test_of_a_front_it_is_told_how_many_are_not_going_to_be_told_apart() -> None:
    near, far = foresee([seen(0, 0.865)], 3), foresee([seen(0, 0.99)], 30)
    told, warning = tell_widths([near, None, far], SPEC)
    assert "of each configuration minus the best floor is expected to be about ± 0.0" in told
    assert warning.startswith("that is too wide to tell 1 of the 3 configurations from the floor")
    (alone,) = tell_widths([far, far], SPEC)
    assert " to " not in alone.partition("about ")[2].partition(", by")[0]
    assert tell_widths([None], SPEC) == []
