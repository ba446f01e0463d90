"""Quality metrics from predictions, all in their usual range."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peftsearch.spaces.kinds.kind_table import find_kind


def score(
    kind: str,
    predictions: ArrayLike,
    references: ArrayLike,
    classes: int | None = None,
    positive: int | None = None,
) -> dict[str, float]:
    """The qualities of a task kind that these predictions tell, as its row in `spaces.kinds` names
    them.

    Args:
        kind: Of the task.
        predictions: Class or choice indices or finite numbers, `n`; or outputs before the softmax,
            `n x classes`, which alone tell the metrics that ask how sure a model is. Of a language
            model, for loss and perplexity: the negative log-likelihood of each row's response,
            summed over its tokens; for exact_match: 1 for a response that is right, else 0.
        references: The labels, `n`. Of a language model, for loss and perplexity: the number of
            tokens of each response; for exact_match: ones. So rows may be drawn again, as a
            bootstrap does; only the metrics that the rows are for mean something.
        classes: Number of classes of the task; None takes the highest index that occurs. Pass it
            wherever some class may be absent, since F1 is binary for two classes alone.
        positive: Index of the class that the task names as the positive one.

    Raises:
        ValueError: There are no rows, the lengths differ, or a number is not finite.
    """
    predicted, truth = np.asarray(predictions), np.asarray(references)
    _check(predicted, truth)
    named = {} if positive is None else {"positive": positive}
    scores: dict[str, float] = (
        find_kind(kind).load_work().score(predicted, truth, classes, **named)
    )
    return scores


def measure(
    metric: str,
    kind: str,
    predictions: ArrayLike,
    references: ArrayLike,
    classes: int | None = None,
    positive: int | None = None,
) -> float:
    """One of the qualities of `score`, without the time of the others.

    Raises:
        ValueError: As `score`.
    """
    predicted, truth = np.asarray(predictions), np.asarray(references)
    _check(predicted, truth)
    work = find_kind(kind).load_work()
    return float(work.measure(metric, predicted, truth, classes, positive))


def _check(predicted: NDArray[Any], truth: NDArray[Any]) -> None:
    if predicted.shape[:1] != truth.shape or predicted.ndim > 2 or not predicted.size:
        raise ValueError(
            f"expected two vectors of one length, got {predicted.shape=}, {truth.shape=}"
        )
    if not (np.isfinite(predicted).all() and np.isfinite(truth).all()):
        raise ValueError("expected finite predictions and references")
