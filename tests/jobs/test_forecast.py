"""What a trial costs before it runs."""

import math
from typing import Any

import pytest

from peftsearch.jobs.durations import (
    EFFICIENCY,
    Speed,
    calling_seconds,
    foresee_time,
    reading_seconds,
    trial_flops,
)
from peftsearch.jobs.time_left import count_most
from peftsearch.records.ranges import NO_TIME, Range
from peftsearch.search.proposals import propose
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.preparation.foreseen import Reading, foresee_reading, foresee_writing
from tests.search.jobs import lora
from tests.specs import make_spec

EACH = Range(50, 100, 200)


def counted(**training: Any) -> JobSpec:
    """A job on 1,000 rows of 20 tokens."""
    spec = make_spec(training={"checkpoints": 1, **training})
    passes = max(spec.training.regimes(), key=lambda regime: regime.batch_size).passes(1000)
    read, pairs = 1000 * passes, 1000 * 20 * 20 * passes
    workload = Workload(sequences=read, tokens=(20 * read,), pairs=((pairs,),))
    return spec.with_anatomy(spec.anatomy.model_copy(update={"workload": workload}))


def operations(held_out: int = 0, **training: Any) -> float:
    """Mean of a trial."""
    spec = counted(**training)
    first = [x.configuration for x in propose(spec, [], 4, 0)]
    return trial_flops(spec, first, 1000, held_out)


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


def test_each_layer_of_each_step_is_called() -> None:
    """What a model without arithmetic takes: 63 steps of 1,000 rows, and a look of two batches."""
    spec, speed = counted(epochs=1), Speed(1e9, 1e8, calling=1e-3)
    layers = spec.anatomy.layers
    assert calling_seconds(spec, 1000, 0, speed) == pytest.approx(layers * 63 * 2e-3)
    looked = calling_seconds(spec, 1000, 100, speed) - calling_seconds(spec, 1000, 0, speed)
    assert looked == pytest.approx(layers * 2 * 0.8e-3)
    assert calling_seconds(spec, 1000, 0, Speed(1e9, 1e8)) == 0


def test_the_forecast_of_a_number_of_trials_is_what_comes_before_and_so_many_times_each() -> None:
    found = foresee_time(make_spec(trials=8), EACH, math.inf, Range(30, 60, 90))
    assert found.likely == 860
    assert found.low == pytest.approx(860 - math.hypot(30, 400))
    assert found.high == pytest.approx(860 + math.hypot(30, 800))


@pytest.mark.parametrize("epochs", [1, 4])
def test_what_is_read_and_written_without_an_adapter_takes_its_time(epochs: int) -> None:
    """A pass over 500 rows is as long as a look at them; each token that is written is a 20th of a
    row, at the speed of writing."""
    spec, speed = counted(epochs=epochs), Speed(1e9, 1e8)
    look = operations(500, epochs=epochs) - operations(0, epochs=epochs)
    read = reading_seconds(spec, Reading(500), 1000, 8, speed)
    assert read == pytest.approx(look / 1e9 / EFFICIENCY)
    written = reading_seconds(spec, Reading(0, 500), 1000, 8, speed)
    assert written == pytest.approx(10 * read * 8 / 20)


def test_the_preparation_is_part_of_the_time_and_not_of_the_hours() -> None:
    for budget in ({"trials": 8}, {"hours": 1.0}):
        spec = make_spec(budget=budget)
        sure = Range(60, 60, 60)
        alone, prepared = (foresee_time(spec, EACH, math.inf, x) for x in (NO_TIME, sure))
        assert prepared == Range(alone.low + 60, alone.likely + 60, alone.high + 60)


def test_what_a_preparation_reads_follows_from_its_floors() -> None:
    texts = make_spec().task
    assert foresee_reading(texts, 1000, 200, 20) == Reading(1200)
    assert foresee_reading(texts, 50_000, 200, 20) == Reading(10_200)
    given = {"train": "t.csv", "kind": "causal_lm", "prompt": "p", "response": "r"}
    plain = make_spec(task=given).task
    assert foresee_reading(plain, 1000, 200, 20) == Reading(200)
    assert foresee_writing(plain, 200) == Reading()
    asked = make_spec(task={**given, "metric": "exact_match"}).task
    # As it is, to score and to ask; two prompts of 2, 4 and 8 examples on 32 rows; one on all.
    prompts = 2 * 32 * (3 + 5 + 9) + 200 * (3 + 5 + 9) / 3
    assert foresee_reading(asked, 1000, 200, 20) == Reading(400 + prompts, 400 + 6 * 32)
    short = foresee_reading(asked, 1000, 200, 1024)  # of 2,048 tokens a prompt has two rows
    assert short == Reading(400 + 2 * 32 * 6 + 200 * 2, 400 + 6 * 32)
    assert foresee_writing(asked, 200) == Reading(200, 200)


def test_hours_end_a_forecast_and_the_last_trial_may_end_after_them() -> None:
    """However fast the machine is, a job of an hour takes about an hour."""
    found = foresee_time(make_spec(budget={"hours": 1.0}), Range(48, 110, 210), math.inf)
    assert 3600 <= found.low < found.high <= 3600 + 210
    few = make_spec(budget={"hours": 1.0, "trials": 8})
    assert foresee_time(few, EACH, math.inf) == foresee_time(make_spec(trials=8), EACH, math.inf)
    assert foresee_time(few, EACH, 4) == foresee_time(make_spec(trials=4), EACH, math.inf)


@pytest.mark.parametrize("hours", [0.001, 0.02, 0.1, 1.0])
def test_the_low_forecast_is_never_above_the_high_one(hours: float) -> None:
    """Where hours bind, slower trials may end the job sooner."""
    for seconds in (1.0, 40.0, 300.0, 5_000.0):
        each = Range(seconds / 2, seconds, seconds * 2)
        found = foresee_time(make_spec(budget={"hours": hours}), each, math.inf)
        assert found.low <= found.likely <= found.high


def test_a_closed_list_ends_with_its_repeats() -> None:
    listed = {"configurations": [lora(rank).to_json() for rank in (1, 2, 4, 8)]}
    spec = make_spec(space=listed, trials=100, search={"repeats": 0.5})
    assert count_most(spec, make_space(spec)) == 8
    alone = make_spec(space=listed, trials=100, search={"repeats": 0.5, "sampler": "random"})
    assert count_most(alone, make_space(alone)) == 4
