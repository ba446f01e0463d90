"""Metrics against hand-made figures and the libraries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, spearmanr

from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.workers.training.metrics import score


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


def test_names_are_those_of_the_objectives() -> None:
    assert tuple(score("classification", [0, 1], [0, 1])) == KINDS["classification"].qualities
    assert tuple(score("regression", [0.0, 1.0], [0.0, 1.0])) == KINDS["regression"].qualities


@pytest.mark.parametrize("predictions", [[0, 0, 0], [1, 1, 1]])
def test_constant_classes(predictions: list[int]) -> None:
    scores = score("classification", predictions, [0, 1, 1])
    assert scores["matthews"] == 0.0
    assert scores["f1"] == (0.8 if predictions[0] else 0.0)


def test_single_row() -> None:
    perfect = score("classification", [1], [1])
    assert perfect == {"accuracy": 1.0, "f1": 1.0, "matthews": 0.0}


def test_constant_numbers_have_no_correlation() -> None:
    assert score("regression", [0.1, 0.1, 0.1], [1.0, 2.0, 3.0]) == {
        "pearson": 0.0,
        "spearman": 0.0,
    }


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
    assert score("regression", x, -x)["pearson"] == pytest.approx(-1.0)


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
