"""How long a confirmation takes: its trainings as they are scored here, and what else it does."""

from dataclasses import replace

import pytest

from peftsearch.records.ranges import NO_TIME
from peftsearch.records.trial import Trial
from peftsearch.results.confirmations.confirmed_pace import as_confirmed, read_test_rows
from peftsearch.results.confirmations.pending import Counts, Pending
from tests.specs import make_spec

from .made import SPEC, make_trial

SCORED = {"validation_rows": 100, "train_rows": 300, "epochs": 2}


def ran(seconds: float = 16.0, trained: float = 12.0, **more: object) -> Trial:
    trial = make_trial(3, 8, 0.8)
    known = {**trial.measurements, "training_seconds": trained}
    return replace(
        trial, measurements=known, provenance={**SCORED, **more}, running_seconds=seconds
    )


def test_more_test_rows_than_validation_rows_take_longer() -> None:
    """Of 4 s beside 12 s of training a row takes .02 s at most, as in a pass of the training."""
    assert as_confirmed(ran(), 0) == as_confirmed(ran(), 100) == ran()
    assert as_confirmed(ran(), 600).running_seconds == pytest.approx(16 + 500 * 0.02)
    assert as_confirmed(ran(12.5), 600).running_seconds == pytest.approx(12.5 + 500 * 0.005)
    written = as_confirmed(ran(60.0), 200).running_seconds
    assert written == pytest.approx(60 + 100 * 0.48)
    assert as_confirmed(ran(), 1).running_seconds == pytest.approx(16 - 99 * 0.02)
    bare = replace(ran(), provenance={})
    assert as_confirmed(bare, 600) == bare


def test_floors_are_scored_on_the_test_rows_too() -> None:
    assert read_test_rows([ran()], 600).likely == pytest.approx(2 * 600 * 0.02)
    assert read_test_rows([], 600) == read_test_rows([ran()], 0) == NO_TIME
    few, many = (Pending.of(SPEC, [ran()], Counts(9, 14), x).foresee() for x in (100, 2000))
    assert few is not None and many is not None
    assert many.likely > 9 * (16 + 1900 * 0.02) + 2 * 2000 * 0.02 > 2 * few.likely


def test_before_two_are_made_the_machine_may_be_another_than_it_was() -> None:
    """The search's trials ran at another time, maybe beside other workers."""
    pending = Pending.of(SPEC, [ran(16.0 + i / 10) for i in range(20)], Counts(14, 14))
    first = pending.foresee()
    assert first is not None and first.high / first.likely > 1.5
    for _ in range(2):
        pending.note(ran().configuration, 16.0)
    then = pending.foresee()
    assert then is not None and then.likely < first.likely


def test_folds_are_trained_for_what_is_tuned_alone() -> None:
    """The test split is scored by one training, where each of the job's was five."""
    spec = make_spec(task={"train": "train.csv", "folds": 5})
    folds: list[dict[str, float]] = [{}] * 5
    trials = [ran(80.0, 12.0, folds=folds)]
    pending = Pending.of(spec, trials, Counts(14, 14, tuned=5))
    usual = Pending.of(SPEC, [ran()], Counts(34, 34)).foresee()
    assert usual is not None and pending.foresee() == usual
    for _ in range(5):
        pending.note(ran().configuration, 80.0, tuned=True)
    left = pending.foresee()
    assert pending.tuned == 0 and pending.left == 9
    assert left is not None and left.likely == pytest.approx(9 * 16, rel=0.1)
