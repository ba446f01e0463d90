"""What a metric is computed from, and a metric as an entry of a kind's table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Judged:
    """`n` rows with what was predicted of them.

    Attributes:
        predictions: Class or choice indices, or numbers, `n`.
        references: The labels, `n`.
        outputs: Of classes and choices, one output for each before the softmax, `n x classes`;
            None where only the predictions are known.
        classes: Number of classes of the task; 0 where there are none.
        positive: Index of the class that the task names as the positive one; None without.
    """

    predictions: NDArray[Any]
    references: NDArray[Any]
    outputs: NDArray[Any] | None = None
    classes: int = 0
    positive: int | None = None


@dataclass(frozen=True)
class Metric:
    """An entry.

    Attributes:
        graded: Whether it needs the outputs: how sure the model is, not only what it chose.
        alike: Whether all rows count alike in it, of whatever class: a model that is fitted to all
            rows alike is fitted to it.
    """

    compute: Callable[[Judged], float]
    graded: bool = False
    alike: bool = False


Metrics = Mapping[str, Metric]
