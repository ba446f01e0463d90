"""What a trial costs before it runs."""

import math
from typing import Any

import pytest

from peftsearch.jobs.forecast import STARTUP_SECONDS, foresee_time, trial_flops
from peftsearch.search.proposals import propose
from peftsearch.spaces.families.workload import Workload
from tests.specs import make_spec


def operations(held_out: int = 0, **training: Any) -> float:
    """Mean of a trial on 1,000 rows of 20 tokens."""
    spec = make_spec(training={"checkpoints": 1, **training})
    first = [x.configuration for x in propose(spec, [], 4, 0)]
    passes = max(spec.training.regimes(), key=lambda regime: regime.batch_size).passes(1000)
    read, pairs = 1000 * passes, 1000 * 20 * 20 * passes
    workload = Workload(sequences=read, tokens=(20 * read,), pairs=((pairs,),))
    counted = spec.anatomy.model_copy(update={"workload": workload})
    return trial_flops(spec.with_anatomy(counted), first, 1000, held_out)


def test_a_longer_training_costs_as_much_more() -> None:
    assert operations(epochs=4) == pytest.approx(4 * operations(epochs=1))


def test_of_searched_lengths_each_counts_alike() -> None:
    assert operations(epochs=[1, 2, 9]) == pytest.approx(operations(epochs=4))
    # 250 steps of each size: twice the rows are twice the work
    chosen = operations(batch_size=[16, 32]), operations(batch_size=16), operations(batch_size=32)
    assert chosen[0] == pytest.approx((chosen[1] + chosen[2]) / 2)
    assert chosen[2] == pytest.approx(2 * chosen[1], rel=0.05)


def test_each_look_at_the_validation_rows_costs_a_pass() -> None:
    alone, once = operations(epochs=1), operations(500, epochs=1)
    thrice = operations(500, epochs=1, checkpoints=3)
    assert operations(500, epochs=1, checkpoints=None) == once  # which suits accuracy
    assert thrice - alone == pytest.approx(3 * (once - alone))


def test_the_forecast_of_a_number_of_trials_is_half_and_twice_the_time() -> None:
    low, high = foresee_time(make_spec(trials=8), 100, math.inf)
    assert (low, high) == ((STARTUP_SECONDS + 800) / 2, 2 * (STARTUP_SECONDS + 800))


def test_hours_end_a_forecast_and_the_last_trial_may_end_after_them() -> None:
    """However fast the machine is, a job of an hour takes about an hour."""
    low, high = foresee_time(make_spec(budget={"hours": 1.0}), 100, math.inf)
    assert 3600 < low < high <= 3600 + 2 * (STARTUP_SECONDS + 100)
    few = make_spec(budget={"hours": 1.0, "trials": 8})
    assert foresee_time(few, 100, math.inf) == foresee_time(make_spec(trials=8), 100, math.inf)
    assert foresee_time(few, 100, 4) == foresee_time(make_spec(trials=4), 100, math.inf)
