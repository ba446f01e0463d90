"""Predictions of a model as it stands."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray

from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.batching import evaluation_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.runtime.devices import autocast


def count_batches(data: Encoded) -> int:
    """Evaluation batches of all examples."""
    return -(-len(data) // data.evaluated_together)


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
    for chosen in evaluation_batches(data.lengths, data.evaluated_together):
        batch = {name: x.to(device) for name, x in data.batch(chosen).items()}
        with torch.no_grad(), autocast(precision, device):
            outputs.append(data.outputs(model, batch))
        indices += chosen
        on_batch()
    logits = torch.cat(outputs)
    ordered = torch.empty_like(logits)
    ordered[torch.tensor(indices)] = logits
    return ordered


def decide(kind: str, logits: torch.Tensor) -> NDArray[Any]:
    """Predictions of a task's kind, `n`: class or choice indices, values, or of a language model
    the sums of `predict_logits`."""
    predictions: NDArray[Any] = find_kind(kind).load_work().decide(logits)
    return predictions


def mean_loss(kind: str, logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean loss over all `n` rows; of a language model over all response tokens."""
    loss: float = find_kind(kind).load_work().mean_loss(logits, labels)
    return loss
