"""Metrics against hand-made figures and the libraries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax
from scipy.stats import pearsonr, spearmanr
from sklearn import metrics as sklearn_metrics

from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.workers.training.metrics import measure, score


def test_binary_figures_by_hand() -> None:
    # 2 true positives, 1 false positive, 2 false negatives, 3 true negatives
    references = [1, 1, 1, 1, 0, 0, 0, 0]
    predictions = [1, 1, 0, 0, 1, 0, 0, 0]
    scores = score("classification", predictions, references)
    assert scores["accuracy"] == 5 / 8
    assert scores["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 2))
    assert scores["matthews"] == pytest.approx((2 * 3 - 1 * 2) / math.sqrt(3 * 4 * 4 * 5))


def test_macro_f1_by_hand() -> None:
    scores = score("classification", [0, 0, 1, 1, 1], [0, 0, 1, 2, 2])
    assert scores["f1"] == pytest.approx((1.0 + 0.5 + 0.0) / 3)


def test_f1_is_macro_over_the_references_where_a_class_is_absent() -> None:
    scores = score("classification", [0, 2, 1, 1], [0, 0, 1, 1], classes=3)
    assert scores["f1"] == pytest.approx((2 / 3 + 1.0) / 2)


@pytest.mark.parametrize(
    ("kind", "predictions", "references"),
    [
        ("classification", np.eye(2), [0, 1]),
        ("image_classification", np.eye(3), [0, 1, 2]),
        ("multiple_choice", np.eye(4), [0, 1, 2, 3]),
        ("regression", [0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_names_are_those_of_the_objectives(
    kind: str, predictions: np.ndarray, references: list[float]
) -> None:
    scores = score(kind, predictions, references)
    assert tuple(scores) == KINDS[kind].qualities
    assert set(scores) <= set(OBJECTIVES)
    for name, value in scores.items():
        assert measure(name, kind, predictions, references) == value


def test_choices_alone_do_not_tell_how_sure_a_model_is() -> None:
    told = score("classification", [0, 1], [0, 1])
    assert set(KINDS["classification"].qualities) - set(told) == {
        "roc_auc",
        "average_precision",
        "log_loss",
    }


SPLITS = [(2, [0.5, 0.5]), (2, [0.9, 0.1]), (4, [0.7, 0.1, 0.1, 0.1])]


@pytest.mark.parametrize(("classes", "shares"), SPLITS)
def test_classes_are_scored_as_by_scikit_learn(classes: int, shares: list[float]) -> None:
    rng = np.random.default_rng(classes)
    truth = rng.permutation(np.repeat(range(classes), (np.array(shares) * 200).astype(int)))
    outputs = rng.normal(size=(200, classes)) + 1.5 * np.eye(classes)[truth]
    chosen, sure = outputs.argmax(1), softmax(outputs, axis=1)
    found = score("classification", outputs, truth)
    plain = {
        "accuracy": sklearn_metrics.accuracy_score(truth, chosen),
        "f1_macro": sklearn_metrics.f1_score(truth, chosen, average="macro"),
        "matthews": sklearn_metrics.matthews_corrcoef(truth, chosen),
        "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(truth, chosen),
        "log_loss": sklearn_metrics.log_loss(truth, sure),
    }
    if classes == 2:
        of_second = truth, sure[:, 1]
        plain["f1"] = sklearn_metrics.f1_score(truth, chosen)
        plain["roc_auc"] = sklearn_metrics.roc_auc_score(*of_second)
        plain["average_precision"] = sklearn_metrics.average_precision_score(*of_second)
    else:
        plain["f1"] = plain["f1_macro"]
        plain["roc_auc"] = sklearn_metrics.roc_auc_score(truth, sure, multi_class="ovr")
        plain["average_precision"] = sklearn_metrics.average_precision_score(
            np.eye(classes)[truth], sure
        )
    assert found == {name: pytest.approx(value, abs=1e-12) for name, value in plain.items()}


@pytest.mark.parametrize("classes", [2, 3])
def test_a_named_class_is_the_one_that_is_found(classes: int) -> None:
    rng = np.random.default_rng(7)
    truth = rng.integers(classes, size=90)
    outputs = rng.normal(size=(90, classes)) + np.eye(classes)[truth]
    found = score("classification", outputs, truth, positive=0)
    members, sure = truth == 0, softmax(outputs, axis=1)[:, 0]
    f1 = sklearn_metrics.f1_score(members, outputs.argmax(1) == 0)
    assert found["f1"] == pytest.approx(f1)
    assert found["roc_auc"] == pytest.approx(sklearn_metrics.roc_auc_score(members, sure))
    precision = sklearn_metrics.average_precision_score(members, sure)
    assert found["average_precision"] == pytest.approx(precision)
    assert measure("f1", "classification", outputs, truth, positive=0) == found["f1"]


def test_a_sample_without_a_class_is_scored_too() -> None:
    """As a bootstrap draws them, and without a warning."""
    outputs = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    none, all_ = (score("classification", outputs, [label] * 3) for label in (0, 1))
    assert (none["roc_auc"], none["average_precision"]) == (0.5, 0.0)
    assert (all_["roc_auc"], all_["average_precision"]) == (0.5, 1.0)
    assert none["balanced_accuracy"] == none["accuracy"] == pytest.approx(2 / 3)
    three = score("classification", np.eye(3), [0, 1, 1])
    assert three["roc_auc"] == pytest.approx((1.0 + 0.75) / 2)


def test_sure_outputs_do_not_tie() -> None:
    """Their probabilities are 1.0 to the last digit."""
    outputs = np.array([[0.0, 60.0], [0.0, 80.0], [0.0, 50.0], [0.0, 70.0]])
    assert score("classification", outputs, [0, 1, 0, 1])["roc_auc"] == 1.0
    assert np.isfinite(score("classification", -1e3 * outputs, [0, 1, 0, 1])["log_loss"])


def test_numbers_are_scored_as_by_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=50) + 100
    found = score("regression", truth + rng.normal(size=50), truth)
    predicted = truth + np.random.default_rng(3).normal(size=100)[50:]
    assert found["r2"] == pytest.approx(sklearn_metrics.r2_score(truth, predicted))
    assert found["mae"] == pytest.approx(sklearn_metrics.mean_absolute_error(truth, predicted))
    error = sklearn_metrics.mean_squared_error(truth, predicted) ** 0.5
    assert found["rmse"] == pytest.approx(error)


@pytest.mark.parametrize("predictions", [[0, 0, 0], [1, 1, 1]])
def test_constant_classes(predictions: list[int]) -> None:
    scores = score("classification", predictions, [0, 1, 1])
    assert scores["matthews"] == 0.0
    assert scores["f1"] == (0.8 if predictions[0] else 0.0)


def test_single_row() -> None:
    perfect = score("classification", [1], [1])
    assert (perfect["accuracy"], perfect["f1"], perfect["matthews"]) == (1.0, 1.0, 0.0)
    assert score("regression", [1.0], [3.0])["r2"] == 0.0


def test_constant_numbers_have_no_correlation() -> None:
    scores = score("regression", [0.1, 0.1, 0.1], [1.0, 2.0, 3.0])
    assert scores["pearson"] == scores["spearman"] == 0.0


NUMBERS = arrays(np.float64, 12, elements=st.floats(-100, 100, width=16))


@given(NUMBERS, NUMBERS)
def test_correlations_are_those_of_scipy(x: np.ndarray, y: np.ndarray) -> None:
    if np.ptp(x) < 1e-3 or np.ptp(y) < 1e-3:
        return
    scores = score("regression", x, y)
    assert scores["pearson"] == pytest.approx(pearsonr(x, y).statistic, abs=1e-9)
    assert scores["spearman"] == pytest.approx(spearmanr(x, y).statistic, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_correlation_of_extreme_numbers(scale: float) -> None:
    x = np.array([1.0, 2.0, 4.0]) * scale
    assert measure("pearson", "regression", x, -x) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("predictions", "references"),
    [([], []), ([1.0], [1.0, 2.0]), ([math.nan, 1.0], [0.0, 1.0]), ([math.inf, 1.0], [0.0, 1.0])],
)
def test_refused(predictions: list[float], references: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        score("regression", predictions, references)


def test_language_model_figures_by_hand() -> None:
    scores = score("causal_lm", [2.0, 4.0], [1, 3])
    assert scores["loss"] == 6.0 / 4
    assert scores["perplexity"] == pytest.approx(math.exp(1.5))
    assert score("seq2seq", [1.0, 0.0, 1.0, 1.0], np.ones(4))["exact_match"] == 0.75


def test_rows_drawn_twice_weigh_twice() -> None:
    sums, counts = np.array([2.0, 4.0, 9.0]), np.array([1, 3, 5])
    drawn = np.array([0, 0, 2])
    assert score("causal_lm", sums[drawn], counts[drawn])["loss"] == pytest.approx(13.0 / 7)


def test_absurd_loss_has_a_finite_perplexity() -> None:
    assert math.isfinite(score("causal_lm", [1e9], [1])["perplexity"])


def test_choices_have_an_accuracy() -> None:
    assert score("multiple_choice", [0, 2, 1], [0, 2, 2]) == {"accuracy": pytest.approx(2 / 3)}


def test_images_are_scored_as_classes() -> None:
    assert score("image_classification", [0, 1], [0, 1], 2) == score(
        "classification", [0, 1], [0, 1], 2
    )
