"""A trial on folds: what it measures, what it keeps, and that floors are measured alike."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from peftsearch.records.estimates import share_error
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.jobspec.head import HeadSpec
from peftsearch.workers.training.clock import OnStep
from peftsearch.workers.training.cross_validation import cross_validate
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.runners import LORA, PROBE, open_runner

FOLDS = 3


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """Of a job of three folds, prepared."""
    folder = tmp_path_factory.mktemp("folds")
    made = open_runner(folder, folders["bert"], folds=FOLDS, epochs=2)
    spec = made.spec.model_copy(update={"head": HeadSpec(pooling="mean")})
    runner = TrialRunner.open(spec, "cpu")
    runner.adopt(runner.prepare())
    return runner


def test_a_trial_is_scored_on_all_rows_that_are_held_out(runner: TrialRunner) -> None:
    steps: list[tuple[int, int]] = []
    found = runner.evaluate(LORA, 3, lambda done, total: steps.append((done, total)))
    told = found.provenance["folds"]
    rows = [x["validation_rows"] for x in told]
    assert len(told) == FOLDS and sum(rows) == found.provenance["validation_rows"]
    assert len(found.predictions) == len(found.references) == sum(rows)
    right = float(np.mean(found.predictions == found.references))
    assert found.measurements["accuracy"] == pytest.approx(right)
    assert found.measurements["accuracy"] == pytest.approx(
        np.average([x["accuracy"] for x in told], weights=rows)
    )
    done = [x for x, _ in steps]
    assert done == sorted(done) and done[-1] <= steps[-1][1]
    assert len({total for _, total in steps}) == 1


def test_costs_are_of_one_training(runner: TrialRunner) -> None:
    """As what is exported: known ones of the first fold's batches, the time as the mean."""
    found: list[Outcome] = []

    def train(fold: int, step: OnStep) -> Outcome:
        seconds = {"training_seconds": 10.0 + fold, "peak_memory_bytes": 100.0 + fold}
        outcome = runner.evaluate(LORA, 3, step, split="test")
        rows = {"validation_rows": 20}
        measured = {**outcome.measurements, **seconds}
        found.append(replace(outcome, measurements=measured, provenance=rows))
        return found[-1]

    told = cross_validate(2, train, lambda done, total: None, "accuracy").measurements
    assert (told["training_seconds"], told["peak_memory_bytes"]) == (10.5, 101.0)
    anatomy = runner.describe()
    for name in ("training_flops", "training_memory"):
        assert told[name] == KNOWN_COSTS[name](LORA, anatomy) > 0


def test_the_kept_adapter_is_the_first_fold_s(runner: TrialRunner) -> None:
    found = runner.evaluate(LORA, 3)
    held = runner.encoded("validation")
    logits = runner.predict(LORA, found.tensors, held)
    truth = runner.data.validation.labels
    right = float(np.mean(logits.argmax(1).numpy() == np.asarray(truth)))
    assert right == pytest.approx(found.provenance["folds"][0]["accuracy"])


def test_equal_trials_are_bit_equal(runner: TrialRunner) -> None:
    first, second = runner.evaluate(LORA, 5), runner.evaluate(LORA, 5)
    of_the_machine = ("training_seconds", "peak_memory_bytes")
    for name in first.measurements.keys() - {*of_the_machine}:
        assert first.measurements[name] == second.measurements[name], name
    assert all(torch.equal(x, second.tensors[name]) for name, x in first.tensors.items())


def test_each_fold_starts_where_its_own_probe_ends(runner: TrialRunner) -> None:
    """None has seen the rows that it is scored on."""
    starts = [{name: x.tolist() for name, x in (start or {}).items()} for start in runner._starts]
    assert len(starts) == FOLDS and all(starts)
    assert all(starts[i] != starts[j] for i in range(FOLDS) for j in range(i))
    assert runner.backbone.start == runner._starts[0]


def test_floors_are_scored_over_the_same_folds(runner: TrialRunner) -> None:
    assert runner.prepared is not None
    floors = {floor.name: floor for floor in runner.prepared.preparation.floors}
    assert {"features", "tfidf"} <= set(floors)
    rows = runner.data.held_out
    for floor in floors.values():
        quality, error = floor.measurements["accuracy"], floor.standard_error
        assert (quality * rows) == pytest.approx(round(quality * rows), abs=1e-6)
        # Each fold adds two right and two wrong rows of its own.
        assert error == pytest.approx(share_error(quality, rows), rel=0.2, abs=0.01)
    assert any("3 folds" in note for note in runner.prepared.preparation.notes)


def test_costs_and_the_test_split_are_as_without_folds(runner: TrialRunner) -> None:
    found = runner.evaluate(PROBE, 1)
    assert found.measurements["trainable_parameters"] == 0
    tested = runner.evaluate(PROBE, 1, split="test")
    assert "folds" not in tested.provenance
    assert len(tested.references) == len(runner.encoded("test"))


def test_a_job_whose_head_is_not_prepared_has_folds_too(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    """Also of numbers, in whose units each fold's training rows have another mean."""
    runner = open_runner(tmp_path, folders["bert"], "regression", folds=2, epochs=1)
    found = runner.evaluate(PROBE, 1)
    assert [x["validation_rows"] for x in found.provenance["folds"]] == [
        len(x.data.validation.texts) for x in runner.folds
    ]
    assert 0 < found.provenance["quality_error"] < 1
    assert found.measurements[runner.spec.task.quality] == pytest.approx(
        np.average(
            [x[runner.spec.task.quality] for x in found.provenance["folds"]],
            weights=[x["validation_rows"] for x in found.provenance["folds"]],
        )
    )
