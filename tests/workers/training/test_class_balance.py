"""Classes of unequal size: what the training loss makes of them, and what it leaves alone."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from peftsearch.errors import UserError
from peftsearch.records.preparation import Floor
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.linear_models import Linear, fit_linear
from peftsearch.workers.preparation.prepare import Prepared, make_again
from peftsearch.workers.preparation.probes import row_losses
from peftsearch.workers.training import trainer
from peftsearch.workers.training.checkpoints import Checkpoints
from peftsearch.workers.training.class_balance import balance, find_balance
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.specs import make_spec
from tests.workers.runners import PROBE
from tests.workers.tiny import complete, spec_on

LABELS = [0] * 12 + [1] * 3 + [2] * 5
CLASSES = ("a", "b", "c")


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    found = balance(TrainingSpec(class_weights="balanced"), LABELS, CLASSES)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    assert found["class_weights"].tolist() == pytest.approx(expected)
    assert list(found) == ["class_weights"]


def test_weights_by_class_and_the_logarithm_of_shares() -> None:
    training = TrainingSpec(class_weights={"b": 4.0}, logit_adjustment=2.0)
    found = balance(training, LABELS, CLASSES)
    assert found["class_weights"].tolist() == [1.0, 4.0, 1.0]
    shares = np.array([12, 3, 5]) / 20
    assert found["class_shift"].tolist() == pytest.approx(2.0 * np.log(shares))
    assert balance(TrainingSpec(), LABELS, CLASSES) == {}


def open_skewed(tmp_path: Path, model: Path, **training: Any) -> TrialRunner:
    """Of 160 texts, of which 20 are of the class `rare`, by words that both classes have."""
    rng = np.random.default_rng(0)
    with (tmp_path / "data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for i in range(160):
            rare = i % 8 == 0
            word = "good" if rng.random() < (0.7 if rare else 0.3) else "bad"
            fillers = [("film", "plot", "the", "a")[(i >> shift) % 4] for shift in (0, 2, 4, 6)]
            writer.writerow([" ".join([*fillers, word]), "rare" if rare else "usual"])
    task = {"train": str(tmp_path / "data.csv"), "metric": "roc_auc", "positive": "rare"}
    return open_on(task, model, **training)


def open_on(task: dict[str, str], model: Path, **training: Any) -> TrialRunner:
    """A runner with nothing prepared."""
    training = {"batch_size": 16, "epochs": 4, "precision": "float32"} | training
    return TrialRunner.open(complete(spec_on(model, task=task, training=training)), "cpu")


def scatter(path: Path, metric: str = "accuracy") -> dict[str, str]:
    """The same with words at random: nothing but `good` and `bad` tells of the class."""
    rng = np.random.default_rng(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for _ in range(400):
            rare = rng.random() < 0.12
            word = "good" if rng.random() < (0.8 if rare else 0.2) else "bad"
            fillers = rng.choice(["film", "plot", "the", "a", "is", "was", "very", "not"], 6)
            writer.writerow([" ".join([*fillers, word]), "rare" if rare else "usual"])
    return {"train": str(path), "metric": metric}


def guesses(runner: TrialRunner) -> np.ndarray:
    """How often each class is predicted."""
    outcome = runner.evaluate(PROBE, 3)
    assert outcome.predictions.shape == (len(outcome.references), 2)
    return np.bincount(outcome.predictions.argmax(axis=1), minlength=2)


@pytest.mark.parametrize(
    "training",
    [{"class_weights": "balanced"}, {"class_weights": {"rare": 7.0}}, {"logit_adjustment": 1.0}],
)
def test_a_rare_class_is_predicted_once_it_weighs_as_much(
    tmp_path: Path, folders: dict[str, Path], training: dict[str, Any]
) -> None:
    plain = open_skewed(tmp_path, folders["bert"])
    assert plain.training_rows is plain.encoded("train")
    assert guesses(plain)[0] == 0
    assert guesses(open_skewed(tmp_path, folders["bert"], **training))[0] > 0


def check_made_again(runner: TrialRunner, prepared: Prepared) -> None:
    """As another process finds it."""
    for floor in prepared.preparation.floors:
        again = make_again(TrialRunner.open(runner.spec, "cpu"), prepared, floor)
        found = again.score("validation", lambda: None) if again is not None else None
        assert again is not None and found is not None
        assert again.label == floor.label
        assert dict(found.measurements) == pytest.approx(dict(floor.measurements), abs=1e-5)


def test_a_floor_is_fitted_to_what_the_quality_asks_for(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    """Where that is not what training weighs: the better on held-out training rows, and nothing
    else of the preparation changes."""
    found = {}
    for metric in ("accuracy", "balanced_accuracy"):
        runner = open_on(scatter(tmp_path / "data.csv", metric), folders["bert"])
        found[metric] = runner.prepare()
        check_made_again(runner, found[metric])
    plain, evened = (x.preparation for x in found.values())
    for before, after in zip(plain.floors, evened.floors, strict=True):
        assert before.measurements["balanced_accuracy"] < 0.55
        assert after.measurements["balanced_accuracy"] > 0.65
        assert after.label == f"{before.label}, classes weighed alike"
    assert found["accuracy"].tensors == found["balanced_accuracy"].tensors != b""


def test_a_job_that_balances_its_classes_has_floors_of_its_own_training(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    task = scatter(tmp_path / "data.csv", "f1_macro")
    prepared = open_on(task, folders["bert"], class_weights={"rare": 2.0}).prepare()
    assert not any(floor.details.get("evened") for floor in prepared.preparation.floors)


@pytest.mark.parametrize("training", [{"class_weights": "balanced"}, {"logit_adjustment": 1.0}])
def test_floors_and_the_heads_start_weigh_classes_as_training_does(
    tmp_path: Path, folders: dict[str, Path], training: dict[str, Any]
) -> None:
    """Fitted to all rows alike they give the constant answer, which any training beats."""
    recalls, task = [], scatter(tmp_path / "data.csv")
    for asked in ({}, training):
        runner = open_on(task, folders["bert"], **asked)
        prepared = runner.prepare()
        floors = prepared.preparation.floors
        assert [floor.name for floor in floors] == ["features", "tfidf"]
        check_made_again(runner, prepared)
        recalls.append([floor.measurements["balanced_accuracy"] for floor in floors])
    assert max(recalls[0]) < 0.55
    assert min(recalls[1]) > 0.65
    earlier = make_again(runner, prepared, Floor("tfidf", "TF-IDF", {}))
    found = earlier.score("validation", lambda: None) if earlier is not None else None
    assert found is not None and found.measurements["balanced_accuracy"] < 0.55


@pytest.mark.parametrize("intercept", [True, False])
def test_a_probe_has_the_least_of_the_loss_that_is_trained(intercept: bool) -> None:
    rng = np.random.default_rng(0)
    y = np.array(LABELS * 10)
    x = np.concatenate([np.eye(3)[y] + rng.normal(size=(len(y), 3)), np.ones((len(y), 1))], 1)
    training = TrainingSpec(
        class_weights={"b": 4.0}, logit_adjustment=0.0 if not intercept else 1.0
    )
    balance = find_balance(training, y.tolist(), CLASSES)
    assert balance is not None
    found = fit_linear("classes", x, y, 3, 1e6, intercept, balance)
    best = row_losses("classes", found.outputs(x), y, balance).mean()
    for _ in range(20):
        near = Linear(found.weight + 0.05 * rng.normal(size=found.weight.shape), found.bias)
        assert row_losses("classes", near.outputs(x), y, balance).mean() > best


def test_outputs_that_are_saved_are_not_adjusted(tmp_path: Path, folders: dict[str, Path]) -> None:
    """The shift is in the loss, so that the saved tensors predict what was scored."""
    runner = open_skewed(tmp_path, folders["bert"], logit_adjustment=1.0)
    outcome = runner.evaluate(PROBE, 3)
    logits = runner.predict(PROBE, outcome.tensors, runner.encoded("validation"))
    assert logits.numpy() == pytest.approx(outcome.predictions, abs=1e-5)
    loss = torch.nn.functional.cross_entropy(logits, runner.encoded("validation").labels)
    assert outcome.measurements["loss"] == pytest.approx(float(loss), abs=1e-5)
    assert outcome.measurements["log_loss"] == pytest.approx(float(loss), abs=1e-5)


@pytest.mark.parametrize(
    ("training", "as_plain"),
    [({}, True), ({"class_weights": {"rare": 7.0}}, False), ({"logit_adjustment": 1.0}, True)],
)
def test_a_state_is_kept_by_the_loss_that_is_trained(
    tmp_path: Path,
    folders: dict[str, Path],
    training: dict[str, Any],
    as_plain: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At its end the plain loss rises with these weights, while that which is trained falls."""
    seen: list[Evaluation] = []

    def watch(
        attachment: Attachment, stops: Any, measure: Callable[[], Evaluation]
    ) -> Checkpoints:
        def told() -> Evaluation:
            seen.append(measure())
            return seen[-1]

        return Checkpoints(attachment, stops, told)

    monkeypatch.setattr(trainer, "Checkpoints", watch)
    runner = open_skewed(tmp_path, folders["bert"], checkpoints=4, **training)
    outcome = runner.evaluate(PROBE, 3)
    told = outcome.provenance["steps"]
    steps = runner.spec.training.stops(told, runner.spec.task.quality)
    constants = balance(
        runner.spec.training, list(map(int, runner.data.train.labels)), runner.data.label_names
    )
    losses = [_trained_loss(found, constants) for found in seen]
    assert outcome.provenance["kept_step"] == steps[int(np.argmin(losses))]
    ratios = [found.loss / loss for found, loss in zip(seen, losses, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * len(seen), rel=1e-5)
    plain = [found.measurements["loss"] for found in seen]
    assert (np.argmin(losses) == np.argmin(plain)) == as_plain


def _trained_loss(found: Evaluation, constants: dict[str, torch.Tensor]) -> float:
    """By torch, as a batch of all rows."""
    outputs = torch.as_tensor(found.predictions) + constants.get("class_shift", torch.zeros(2))
    labels, weights = torch.as_tensor(found.references), constants.get("class_weights")
    given = None if weights is None else weights.double()
    return float(torch.nn.functional.cross_entropy(outputs, labels, weight=given))


@pytest.mark.parametrize("key", ["class_weights", "logit_adjustment"])
def test_numbers_have_no_classes_to_weigh(key: str) -> None:
    value = {"class_weights": "balanced", "logit_adjustment": 1.0}[key]
    with pytest.raises(UserError, match=rf"with classes for training\.{key}; got 'regression'"):
        make_spec(task={"train": "x.csv", "kind": "regression"}, training={key: value})
