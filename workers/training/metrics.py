"""Quality metrics from predictions, all in their usual range."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.metrics import f1_score, matthews_corrcoef

from peftsearch.spaces.kinds.kind_table import find_kind


def score(
    kind: str,
    predictions: ArrayLike,
    references: ArrayLike,
    classes: int | None = None,
) -> dict[str, float]:
    """All qualities of a task kind, as its row in `spaces.kinds` names them.

    Args:
        kind: Of the task.
        predictions: Class or choice indices or finite numbers, `n`. Of a language model, for loss
            and perplexity: the negative log-likelihood of each row's response, summed over its
            tokens; for exact_match: 1 for a response that is right, else 0.
        references: The labels, `n`. Of a language model, for loss and perplexity: the number of
            tokens of each response; for exact_match: ones. So rows may be drawn again, as a
            bootstrap does; only the metrics that the rows are for mean something.
        classes: Number of classes of the task; None takes the highest index that occurs. Pass it
            wherever some class may be absent, since F1 is binary for two classes alone.

    Raises:
        ValueError: There are no rows, the lengths differ, or a number is not finite.
    """
    predicted, truth = np.asarray(predictions), np.asarray(references)
    if predicted.shape != truth.shape or predicted.ndim != 1 or not predicted.size:
        raise ValueError(
            f"expected two vectors of one length, got {predicted.shape=}, {truth.shape=}"
        )
    if not (np.isfinite(predicted).all() and np.isfinite(truth).all()):
        raise ValueError("expected finite predictions and references")
    scores: dict[str, float] = find_kind(kind).load_work().score(predicted, truth, classes)
    return scores


def accuracy(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Share of the predictions that are right."""
    return float(np.mean(predictions == references))


def f1(predictions: NDArray[Any], references: NDArray[Any], classes: int) -> float:
    """F1 of class 1 where there are two classes, else the mean over the classes of `references`.

    Classes that no reference has are left out, so that the mean is over the same classes
    whatever is predicted. A class that is never predicted counts 0.
    """
    labels = [1] if classes <= 2 else np.unique(references).tolist()
    return float(
        f1_score(references, predictions, labels=labels, average="macro", zero_division=0.0)
    )


def matthews(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Matthews correlation (Gorodkin's for more than two classes); 0 where either is constant."""
    if _is_constant(predictions) or _is_constant(references):
        return 0.0
    return float(matthews_corrcoef(references, predictions))


def correlation(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Pearson's correlation; 0 where either is constant, as a model that ignores its input is."""
    if _is_constant(predictions) or _is_constant(references):
        return 0.0
    x, y = (_standardise(values) for values in (predictions, references))
    return float(np.clip(x @ y, -1.0, 1.0))


def rank_correlation(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Spearman's correlation, ties at their mean rank; 0 where either is constant."""
    return correlation(rankdata(predictions), rankdata(references))


def _is_constant(values: NDArray[Any]) -> bool:
    return bool(np.all(values == values[0]))


def _standardise(values: NDArray[Any]) -> NDArray[np.float64]:
    centred = values.astype(np.float64) - values.mean(dtype=np.float64)
    # Dividing by the largest first keeps the squares of huge and tiny numbers in range.
    scaled: NDArray[np.float64] = centred / np.abs(centred).max()
    return scaled / np.linalg.norm(scaled)
