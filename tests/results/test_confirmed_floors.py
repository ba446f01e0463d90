"""The floors of a job on its test split, beside what a confirmation trains."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from peftsearch.records.preparation import BASE, Floor, Preparation
from peftsearch.results.comparisons.intervals import paired_difference
from peftsearch.results.confirmations.confirmation import SEEDS, Arm, Confirmation, Run, lines
from peftsearch.results.confirmations.confirmer import Confirmer
from peftsearch.storage.store import Store
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.training.inference import predict_logits
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.runners import LORA, PROBE, write_texts
from tests.workers.tiny import complete, spec_on


@pytest.fixture
def runner(tmp_path: Path) -> TrialRunner:
    """Of a job whose head starts at a probe; it has not prepared anything."""
    task = {"train": str(write_texts(tmp_path / "data.csv"))}
    model = save_model(tmp_path / "model", "bert")
    training = {"batch_size": 8, "epochs": 1, "precision": "float32"}
    spec = spec_on(model, task=task, head={"pooling": "mean"}, training=training)
    return TrialRunner.open(complete(spec), "cpu")


def test_floors_are_scored_by_what_the_job_has_stored(
    new_sqlite: Callable[[], str], runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = TrialRunner.open(runner.spec, "cpu").prepare()

    def refuse(*given: object) -> None:
        raise AssertionError("a job that has a preparation makes no other")

    monkeypatch.setattr(TrialRunner, "prepare", refuse)
    monkeypatch.setattr("peftsearch.workers.training.trial_runner.prepare_head", refuse)
    told: list[str] = []
    with Store.open(new_sqlite()) as store:
        job = store.create_job(runner.spec)
        store.prepare(job.id, made.preparation, made.tensors)
        arms = Confirmer(store, job, runner, told.append)._score_floors()
        again = Confirmer(store, job, runner, told.append)._score_floors()
    assert again == arms
    assert len(told) == 2 and all("scoring on the test split: " in line for line in told)
    assert {arm.name for arm in arms} == {"frozen features", "TF-IDF"}
    assert runner.prepared is not None
    assert runner.prepared.preparation == made.preparation
    features = next(arm for arm in arms if arm.name == "frozen features").runs[0]
    # The same model by another way: the head that training starts from, before the first step.
    attachment, rows = attach(runner.backbone, PROBE, 0), runner.encoded("test")
    logits = predict_logits(runner.backbone.model, rows, "cpu")
    attachment.detach()
    assert features.predictions == logits.argmax(dim=1).tolist()
    assert features.references == rows.labels.tolist()
    loss = torch.nn.functional.cross_entropy(logits, rows.labels)
    assert features.measurements["loss"] == pytest.approx(float(loss), rel=1e-3)


def test_what_no_longer_can_be_made_and_what_is_an_arm_anyway_is_left_out(
    new_sqlite: Callable[[], str], runner: TrialRunner
) -> None:
    floors = [Floor(x, x, {"accuracy": 0.5}) for x in (BASE, "features", "of_a_package")]
    with Store.open(new_sqlite()) as store:
        job = store.create_job(runner.spec)
        assert Confirmer(store, job, runner, print)._score_floors() == []
        assert runner.prepared is None
        store.prepare(job.id, Preparation(tuple(floors)))
        assert Confirmer(store, job, runner, print)._score_floors() == []


def test_a_floor_is_told_with_the_interval_of_the_difference(runner: TrialRunner) -> None:
    truth = [1.0] * 40
    runs = [Run({"accuracy": 0.9}, [1.0] * 36 + [0.0] * 4, truth)] * len(SEEDS)
    floor = Run({"accuracy": 0.5}, [1.0] * 20 + [0.0] * 20, truth)
    arms = Arm("picked", LORA, tuple(runs)), Arm("TF-IDF", None, (floor,), "TF-IDF of the texts")
    difference = paired_difference(
        [np.array(run.predictions) for run in runs],
        [np.array(floor.predictions)],
        np.array(truth),
        lambda predictions, references: float(np.mean(predictions == references)),
    )
    found = Confirmation(arms, (difference,), "accuracy")
    text = lines(found, runner.spec)
    assert text[2].split() == "TF-IDF 0.5000 (0.5000) 0 parameters TF-IDF of the texts".split()
    assert text[-1].startswith("  picked - TF-IDF: +0.4000, 95 % interval [+0.2")
    assert text[-1].endswith("the picked point is better")
    arm = found.to_json(runner.spec)["arms"][1]
    assert (arm["values"], arm["standard_error"], arm["configuration"]) == ([0.5], None, None)
    assert arm["description"] == "TF-IDF of the texts"
