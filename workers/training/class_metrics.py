"""Metrics of classes and choices, as scikit-learn defines them, in any sample of rows.

A bootstrap draws samples in which a class may be absent. Means over classes are over those that
some reference has, so that they are over the same classes whatever is predicted.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp
from sklearn.metrics import (
    average_precision_score,
    matthews_corrcoef,
    roc_auc_score,
)

from .judged import Judged, Metric, Metrics

CHANCE = 0.5
"""Area under the curve of a guess, and what counts where there is nothing to tell apart."""
Binary = Callable[[NDArray[Any], NDArray[Any]], float]
"""From whether rows are of a class (`n`) and scores for it (`n`) to a metric."""


def accuracy(judged: Judged) -> float:
    """Share of the predictions that are right."""
    return float(np.mean(judged.predictions == judged.references))


def f1(judged: Judged) -> float:
    """F1 of the positive class, or of the second of two classes; else the macro mean."""
    binary = [1] if judged.classes <= 2 else _present(judged)
    return _f1(judged, binary if judged.positive is None else [judged.positive])


def f1_macro(judged: Judged) -> float:
    """Mean F1 of the classes. One that is never predicted counts 0."""
    return _f1(judged, _present(judged))


def matthews(judged: Judged) -> float:
    """Matthews correlation (Gorodkin's for more than two classes); 0 where either is constant."""
    if _is_constant(judged.predictions) or _is_constant(judged.references):
        return 0.0
    return float(matthews_corrcoef(judged.references, judged.predictions))


def balanced_accuracy(judged: Judged) -> float:
    """Mean over the classes of the share of their rows that is right."""
    hits, _, members = _count(judged, _present(judged))
    return float(np.mean(hits / members))


def roc_auc(judged: Judged) -> float:
    """Probability that a row of the positive class scores higher than one of another; where none
    is named and there are more than two, the mean over the classes, each against the rest."""
    return _each(judged, _roc_auc)


def average_precision(judged: Judged) -> float:
    """Area under the curve of precision over recall, as the mean precision over the ranks of the
    positive class's rows; where none is named, as `roc_auc`."""
    return _each(judged, _average_precision)


def log_loss(judged: Judged) -> float:
    """Mean negative logarithm of the probability of what is right, in nats."""
    logarithms = log_softmax(_outputs(judged), axis=1)
    return float(-np.mean(logarithms[np.arange(len(logarithms)), judged.references]))


CHOICE_METRICS: Metrics = {
    "accuracy": Metric(accuracy, alike=True),
    "log_loss": Metric(log_loss, graded=True, alike=True),
}
CLASS_METRICS: Metrics = {
    "accuracy": Metric(accuracy, alike=True),
    "f1": Metric(f1),
    "matthews": Metric(matthews),
    "f1_macro": Metric(f1_macro),
    "balanced_accuracy": Metric(balanced_accuracy),
    "roc_auc": Metric(roc_auc, graded=True),
    "average_precision": Metric(average_precision, graded=True),
    "log_loss": Metric(log_loss, graded=True, alike=True),
}


def _f1(judged: Judged, labels: list[int]) -> float:
    """Mean over classes; 0 of one that is neither there nor predicted."""
    hits, predicted, members = _count(judged, labels)
    return float(np.mean(2 * hits / np.maximum(predicted + members, 1)))


def _count(judged: Judged, labels: list[int]) -> NDArray[np.float64]:
    """Of each class rows that are right, that are predicted and that are there, `3 x k`.

    scikit-learn checks its arguments for a millisecond, and `confirm` asks some 20,000 times.
    """
    predicted = np.equal.outer(labels, judged.predictions)
    members = np.equal.outer(labels, judged.references)
    found: NDArray[np.float64] = np.stack([predicted & members, predicted, members]).sum(2, float)
    return found


def _each(judged: Judged, compute: Binary) -> float:
    """Of the positive class, of the second of two, or the mean over all, each against the rest."""
    outputs = _outputs(judged)
    one = 1 if outputs.shape[1] == 2 and judged.positive is None else judged.positive
    chosen = _present(judged) if one is None else [one]
    return float(np.mean([compute(judged.references == x, _log_odds(outputs, x)) for x in chosen]))


def _log_odds(outputs: NDArray[Any], one: int) -> NDArray[Any]:
    """In the order of the class's probabilities, which round to ties near 0 and 1; `n`."""
    rest = np.delete(outputs, one, axis=1)
    found: NDArray[Any] = outputs[:, one] - logsumexp(rest, axis=1)
    return found


def _roc_auc(members: NDArray[Any], scores: NDArray[Any]) -> float:
    return CHANCE if _is_constant(members) else float(roc_auc_score(members, scores))


def _average_precision(members: NDArray[Any], scores: NDArray[Any]) -> float:
    return float(average_precision_score(members, scores)) if members.any() else 0.0


def _outputs(judged: Judged) -> NDArray[Any]:
    assert judged.outputs is not None  # a graded metric is asked of outputs alone
    return judged.outputs


def _present(judged: Judged) -> list[int]:
    found: list[int] = np.unique(judged.references).tolist()
    return found


def _is_constant(values: NDArray[Any]) -> bool:
    return bool(np.all(values == values[0]))
