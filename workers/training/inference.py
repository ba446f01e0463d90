"""Predictions of a model as it stands."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from peftsearch.spaces.jobspec.task import LANGUAGE_MODELS
from peftsearch.workers.batches.batching import (
    IGNORED,
    Batch,
    Encoded,
    EncodedResponses,
    evaluation_batches,
)
from peftsearch.workers.runtime.devices import autocast

BATCH_SIZE = 64
BATCH_TOKENS = 2048
"""Of a language model, whose outputs are as wide as its vocabulary: 1.2 GB at 150,000 words."""


def batch_size(data: Encoded) -> int:
    """Examples that are evaluated together."""
    if not isinstance(data, EncodedResponses):
        return BATCH_SIZE
    return max(1, min(BATCH_SIZE, BATCH_TOKENS // max(data.lengths)))


def count_batches(data: Encoded) -> int:
    """Evaluation batches of all examples."""
    return -(-len(data) // batch_size(data))


def predict_logits(
    model: Any,
    data: Encoded,
    device: str,
    precision: str = "float32",
    on_batch: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Outputs in the order of the rows: of a head `n x classes` (`n x 1` in regression), of
    choices `n x k`; of a language model the negative log-likelihood of each row's response, summed
    over its tokens, in nats, `n x 1`.
    """
    indices, outputs = [], []
    for chosen in evaluation_batches(data.lengths, batch_size(data)):
        batch = {name: x.to(device) for name, x in data.batch(chosen).items()}
        with torch.no_grad(), autocast(precision, device):
            outputs.append(_outputs(model, batch))
        indices += chosen
        on_batch()
    logits = torch.cat(outputs)
    ordered = torch.empty_like(logits)
    ordered[torch.tensor(indices)] = logits
    return ordered


def _outputs(model: Any, batch: Batch) -> torch.Tensor:
    labels = batch["labels"]
    inputs = {name: x for name, x in batch.items() if name != "labels"}
    if labels.dim() == 1:
        logits: torch.Tensor = model(**inputs).logits
        return logits.float().cpu()
    if model.config.is_encoder_decoder:
        return _sum_losses(model(**inputs, labels=labels).logits, labels)
    # Virtual tokens in front of the inputs, where there are any, have no labels.
    logits = model(**inputs).logits[:, -labels.shape[1] :]
    return _sum_losses(logits[:, :-1], labels[:, 1:])


def _sum_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Losses by row, `b x 1`.

    Args:
        logits: `b x t x words`.
        labels: `b x t`; `IGNORED` where there is no loss.
    """
    counted = labels != IGNORED
    losses = torch.nn.functional.cross_entropy(
        logits[counted].float(), labels[counted], reduction="none"
    )
    sums = torch.zeros(len(labels), dtype=torch.float64)
    sums.index_add_(0, counted.nonzero()[:, 0].cpu(), losses.double().cpu())
    return sums[:, None]


def decide(kind: str, logits: torch.Tensor) -> NDArray[Any]:
    """Predictions of a task's kind, `n`: class or choice indices, values, or of a language model
    the sums of `predict_logits`."""
    if kind == "regression" or kind in LANGUAGE_MODELS:
        return np.asarray(logits[:, 0].double())
    return np.asarray(logits.argmax(dim=1))


def mean_loss(kind: str, logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean cross-entropy, of a language model over all response tokens; or mean squared error."""
    if kind in LANGUAGE_MODELS:
        return float(logits.sum() / labels.sum())
    if kind == "regression":
        return float(torch.nn.functional.mse_loss(logits[:, 0], labels.float()))
    return float(torch.nn.functional.cross_entropy(logits, labels))
