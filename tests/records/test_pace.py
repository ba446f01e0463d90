"""How long trials will take, by those that have ended."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from peftsearch.records.companion import SHARED
from peftsearch.records.pace import (
    WINDOW,
    Ended,
    Finished,
    _quantile,
    count_work,
    finished_of,
    learn_pace,
    pace_of,
)
from peftsearch.records.ranges import Range, add_ranges, within_factor
from peftsearch.records.trial import TrialState
from tests.results.made import SPEC, TRIALS
from tests.search.jobs import lora
from tests.specs import make_spec


def test_nothing_is_foreseen_before_the_first_end() -> None:
    assert learn_pace([]) is None
    assert learn_pace([Ended(0.0)]) is None


def test_each_further_trial_makes_the_range_narrower_around_what_is_likely() -> None:
    widths = []
    for number in (1, 2, 4, 8, 16):
        pace = learn_pace([Ended(10.0)] * number)
        assert pace is not None
        found = pace.foresee((), 20)
        assert found.low < 200 < found.likely < 1.05 * 200 < found.high
        widths.append(found.high / found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 3 > 2 > widths[-1]


def test_seconds_are_those_of_the_known_work_and_of_pauses() -> None:
    pace = learn_pace([Ended(10.0, 1.0), Ended(20.0, 2.0, 3.0), Ended(40.0, 4.0, 5.0)], [2.0])
    assert pace is not None
    assert pace.unit == pytest.approx(10)
    assert (pace.pause, pace.work) == (4.0, 2.0)
    assert pace.foresee([4.0]).likely == pytest.approx(40 * math.exp(pace.spread**2 / 2) + 4)
    assert pace.foresee((), 3).likely == pytest.approx(60 * math.exp(pace.spread**2 / 2) + 12)
    assert pace.foresee(()) == Range(0, 0, 0)


def test_later_trials_count_more_and_old_ones_not_at_all() -> None:
    slower = learn_pace([*[Ended(10.0)] * 20, *[Ended(20.0)] * 10])
    assert slower is not None and slower.unit > 10 * math.sqrt(2)
    forgotten = learn_pace([*[Ended(1000.0)] * 5, *[Ended(10.0)] * WINDOW])
    assert forgotten is not None and forgotten.unit == pytest.approx(10)


def test_nine_of_ten_ranges_hold_for_trials_that_differ_as_the_recorded_ones() -> None:
    """Also where what all coming trials have in common drifts."""
    rng, held = np.random.default_rng(0), []
    for _ in range(1000):
        seen = int(rng.integers(1, 12))
        seconds = np.exp(rng.normal(3, 0.25, seen + 20))
        seconds[seen:] *= np.exp(rng.normal(0, 0.1))
        pace = learn_pace([Ended(x) for x in seconds[:seen]])
        assert pace is not None
        held.append(pace.foresee((), 20).holds(seconds[seen:].sum()))
    assert 0.9 < np.mean(held) < 0.995


@pytest.mark.parametrize("freedom", [4, 5, 8, 20, 100])
def test_the_quantile_is_students(freedom: int) -> None:
    assert _quantile(freedom) == pytest.approx(stats.t.ppf(0.95, freedom), rel=0.005)


def test_the_work_of_what_nobody_has_counted_is_one_training() -> None:
    assert count_work(lora(8), make_spec()) == 1.0


def test_pauses_are_between_the_trials_of_one_worker_and_the_probe_foretells_no_work() -> None:
    ends = [("a", 10.0), ("b", 11.0), ("a", 23.0), ("b", 22.0)]
    finished = [Finished(lora(1), 10.0, end, worker) for worker, end in ends]
    pace = pace_of(SPEC, finished)
    assert pace is not None and pace.pause == pytest.approx((3.0 + 1.0) / 2)
    alone = pace_of(SPEC, finished[:2])
    assert alone is not None and alone.pause == 0


def test_failures_are_learnt_from_where_there_is_nothing_else() -> None:
    failed = replace(TRIALS[0], state=TrialState.FAILED, running_seconds=1.0)
    assert [x.seconds for x in finished_of([failed, *TRIALS[1:3]])] == [20.0, 20.0]
    assert [x.seconds for x in finished_of([failed])] == [1.0]
    assert finished_of([replace(failed, running_seconds=None)]) == []


def test_a_training_that_another_job_made_tells_nothing_of_the_pace() -> None:
    shared = replace(
        TRIALS[0],
        state=TrialState.COMPLETED,
        running_seconds=0.008,
        provenance={SHARED: {"job": "other", "trial": 2}},
    )
    assert finished_of([shared]) == []
    assert [x.seconds for x in finished_of([shared, *TRIALS[1:3]])] == [20.0, 20.0]


def test_ranges_add_up_by_squares_and_hold_what_lies_within() -> None:
    total = add_ranges([Range(7, 10, 16), Range(16, 20, 28)])
    assert total == Range(25.0, 30, 40.0)
    assert total.holds(25) and total.holds(40) and not total.holds(41)
    assert add_ranges([]) == Range(0, 0, 0)
    assert within_factor(10, 0).low == within_factor(10, 0).high == 10
    assert within_factor(10, math.log(2) / 1.6449).high == pytest.approx(20)
