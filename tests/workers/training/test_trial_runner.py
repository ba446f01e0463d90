import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.workers.data.task_data import Split, load_test
from peftsearch.workers.preparation import opened_job
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.tiny import LAYERS, complete, spec_on, state_of


@pytest.fixture
def runner(tmp_path: Path, folders: dict[str, Path]) -> Iterator[TrialRunner]:
    made = open_runner(tmp_path, folders["bert"])
    before = state_of(made.backbone)
    yield made
    after = state_of(made.backbone)
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_outcome_holds_every_objective_and_its_evidence(runner: TrialRunner) -> None:
    steps: list[tuple[int, int]] = []
    outcome = runner.evaluate(LORA, 3, lambda done, total: steps.append((done, total)))
    qualities = {name for row in KINDS.own.values() for name in row.qualities} - {"loss"}
    asked = {name for name, row in OBJECTIVES.items() if not row.trained}
    expected = asked - qualities | set(KINDS["classification"].qualities)
    assert set(outcome.measurements) == expected
    for name, cost in KNOWN_COSTS.items():
        assert outcome.measurements[name] == cost(LORA, runner.anatomy)
    assert outcome.measurements["accuracy"] == np.mean(outcome.predictions == outcome.references)
    assert outcome.measurements["accuracy"] > 0.9
    assert outcome.measurements["training_seconds"] > 0
    assert len(outcome.predictions) == len(runner.data.validation.labels)
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert {total for _, total in steps} == {len(steps)}
    assert runner.workload is not None and runner.workload.longest == (7,)
    assert runner.device == "cpu"


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_state_with_the_least_validation_loss_is_scored_and_saved(
    tmp_path: Path, folders: dict[str, Path], split: str
) -> None:
    """Trained at so high a rate that nothing is left to learn in the second half."""
    runner = open_runner(tmp_path, folders["bert"], epochs=6, checkpoints=6)
    wild = replace(LORA, learning_rate=0.1)
    steps: list[tuple[int, int]] = []
    outcome = runner.evaluate(wild, 1, lambda *told: steps.append(told), split)
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert {total for _, total in steps} == {len(steps)}
    trained, kept = outcome.provenance["steps"], outcome.provenance["kept_step"]
    assert trained == runner.spec.training.regime().steps(len(runner.encoded("train")))
    stops = runner.spec.training.stops(trained, runner.spec.task.quality)
    assert kept in stops
    logits = runner.predict(wild, outcome.tensors, runner.encoded(split))
    assert (logits.argmax(1).numpy() == outcome.predictions).all()
    last = open_runner(tmp_path, folders["bert"], epochs=6, checkpoints=1).evaluate(wild, 1)
    if split == "validation":
        assert kept < trained
        assert outcome.measurements["loss"] <= last.measurements["loss"]
    assert outcome.curve == last.curve  # to look at it changes nothing of a training


def test_provenance_is_plain_data_that_says_on_what_and_with_what(runner: TrialRunner) -> None:
    provenance = json.loads(json.dumps(runner.provenance(9)))
    assert provenance["model"]["sha256"] == runner.backbone.sha256
    assert provenance["model"]["heads"] == ["classifier"]
    assert provenance["data"] == runner.data.fingerprint
    assert provenance["versions"]["torch"] == torch.__version__
    assert (provenance["seed"], provenance["threads"]) == (9, torch.get_num_threads())
    assert provenance["max_length"] == 8  # of texts of 7 tokens
    assert provenance["cut_rows"] == {"train": 0, "validation": 0}


def test_same_trial_again_is_equal_whatever_ran_between(runner: TrialRunner) -> None:
    first = runner.evaluate(LORA, 3)
    runner.evaluate(PROBE, 4)
    again = runner.evaluate(LORA, 3)
    assert all(torch.equal(first.tensors[k], again.tensors[k]) for k in first.tensors)
    timed = {"training_seconds", "peak_memory_bytes"}
    for name in set(first.measurements) - timed:
        assert first.measurements[name] == again.measurements[name]


def test_the_probe_has_a_learning_curve_too_since_its_head_is_trained(runner: TrialRunner) -> None:
    for configuration in (LORA, PROBE):
        curve = runner.evaluate(configuration, 3).curve
        steps = runner.spec.training.regime().steps(len(runner.data.train.labels))
        assert len(curve) == 20 <= steps
        assert all(0 < share < 1 for share in curve)
        losses = list(curve.values())
        assert losses[-1] < losses[0] < 2


def test_a_configuration_is_trained_as_it_says(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_runner(
        tmp_path, folders["bert"], epochs=[1, 2], batch_size=[8, 16], dropout=[0.0, 0.2]
    )
    rows = len(runner.encoded("train"))
    for epochs, size, dropout in ((1.0, 16, 0.0), (2.0, 8, 0.2)):
        said = Hyperparameters(epochs, size, dropout)
        outcome = runner.evaluate(replace(LORA, training=said), 1)
        told = {name: outcome.provenance[name] for name in ("epochs", "batch_size", "dropout")}
        assert told == said.said
        assert outcome.provenance["steps"] == epochs * -(-rows // size)
    usual = runner.evaluate(LORA, 1).provenance
    assert (usual["epochs"], usual["batch_size"], usual["dropout"]) == (1.0, 8, 0.0)
    assert runner.evaluate(PROBE, 1).provenance["dropout"] == 0.0


def test_saved_tensors_predict_what_was_scored(runner: TrialRunner) -> None:
    outcome = runner.evaluate(LORA, 3)
    logits = runner.predict(LORA, outcome.tensors, runner.encoded("validation"))
    assert (logits.argmax(1).numpy() == outcome.predictions).all()


def test_test_split_is_read_only_when_asked_for(
    runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def read(spec: JobSpec) -> Split:
        reads.append(spec.name)
        return load_test(spec)

    monkeypatch.setattr(opened_job, "load_test", read)
    runner.evaluate(PROBE, 0)
    assert reads == []
    outcome = runner.evaluate(PROBE, 0, split="test")
    assert reads == ["tiny"]
    assert len(outcome.predictions) == len(load_test(runner.spec).labels)


def test_cancelling_restores_the_backbone(runner: TrialRunner) -> None:
    def cancel(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    before = state_of(runner.backbone)
    with pytest.raises(KeyboardInterrupt):
        runner.evaluate(LORA, 0, cancel)
    assert all(torch.equal(x, before[k]) for k, x in state_of(runner.backbone).items())


def test_cancelling_works_in_evaluation_too(runner: TrialRunner) -> None:
    def cancel(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.evaluate(PROBE, 0, cancel)


def test_regression_measures_correlations(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_runner(tmp_path, folders["llama"], "regression")
    outcome = runner.evaluate(LORA, 0)
    assert set(KINDS["regression"].qualities) < set(outcome.measurements)
    assert outcome.measurements["pearson"] > 0.9
    assert outcome.references.dtype.kind == outcome.predictions.dtype.kind == "f"


def test_missing_data_is_refused_before_the_model_is_loaded(folders: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="no file .train.csv"):
        TrialRunner.open(complete(spec_on(folders["bert"])), "cpu")


def test_techniques_that_need_gradients_get_those_of_the_training_rows(
    runner: TrialRunner,
) -> None:
    """The chosen entries are a function of the seed, whatever the head was before."""
    sparse = Module("sparse_gradient", 20, ("query", "value"))
    configuration = Configuration((Stratum(0, LAYERS, (sparse,)),), 1e-3)
    first = runner.evaluate(configuration, 1)
    second = runner.evaluate(configuration, 1)
    entries = [name for name in first.tensors if name.endswith("entries")]
    assert len(entries) == 2 * LAYERS
    assert all(torch.equal(x, second.tensors[name]) for name, x in first.tensors.items())
    random = Module("sparse_random", 20, ("query", "value"))
    other = runner.evaluate(Configuration((Stratum(0, LAYERS, (random,)),), 1e-3), 1)
    assert not all(torch.equal(first.tensors[name], other.tensors[name]) for name in entries)
