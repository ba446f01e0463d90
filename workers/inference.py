"""Predictions of a model as it stands."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .batching import Encoded, evaluation_batches
from .devices import autocast

BATCH_SIZE = 64


def count_batches(rows: int) -> int:
    """Evaluation batches for so many rows."""
    return -(-rows // BATCH_SIZE)


def predict_logits(
    model: Any,
    data: Encoded,
    device: str,
    precision: str = "float32",
    on_batch: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Outputs of the head in the order of the rows, `n x classes` (`n x 1` in regression)."""
    indices, outputs = [], []
    for batch in evaluation_batches(data.lengths, BATCH_SIZE):
        inputs = {k: v.to(device) for k, v in data.batch(batch).items() if k != "labels"}
        with torch.no_grad(), autocast(precision, device):
            outputs.append(model(**inputs).logits.float().cpu())
        indices += batch
        on_batch()
    logits = torch.cat(outputs)
    ordered = torch.empty_like(logits)
    ordered[torch.tensor(indices)] = logits
    return ordered


def decide(kind: str, logits: torch.Tensor) -> NDArray[Any]:
    """Predictions of a task's kind, `n`: class indices, or values."""
    if kind == "regression":
        return np.asarray(logits[:, 0].double())
    return np.asarray(logits.argmax(dim=1))


def mean_loss(kind: str, logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean cross-entropy, or mean squared error."""
    if kind == "regression":
        return float(torch.nn.functional.mse_loss(logits[:, 0], labels.float()))
    return float(torch.nn.functional.cross_entropy(logits, labels))
