"""Classes of unequal size in the training loss: weights, and adjusted outputs.

Both are constants of the loss that every training batch brings along (`TrainingRows`), and nothing
that is saved or scored knows of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.workers.batches.batching import Batch
from peftsearch.workers.preparation.balance import Balance

_WEIGHTS, _SHIFT = "class_weights", "class_shift"


def balance(
    training: TrainingSpec, labels: Sequence[int], classes: Sequence[str]
) -> dict[str, torch.Tensor]:
    """The constants, each of size `classes`; none where the section asks for none.

    Args:
        labels: Class indices of the training rows, `n`. A class without a row counts as one row.
    """
    counts = np.maximum(np.bincount(labels, minlength=len(classes)), 1)
    found = {}
    if training.class_weights != "none":
        found[_WEIGHTS] = _weigh(training.class_weights, counts, classes)
    if training.logit_adjustment:
        found[_SHIFT] = training.logit_adjustment * np.log(counts / counts.sum())
    return {name: torch.as_tensor(x, dtype=torch.float32) for name, x in found.items()}


def find_balance(
    training: TrainingSpec, labels: Sequence[int], classes: Sequence[str]
) -> Balance | None:
    """The constants for linear models; arguments as of `balance`."""
    found = balance(training, labels, classes)
    if not found:
        return None
    weights = found.get(_WEIGHTS, torch.ones(len(classes)))
    return Balance.of(weights, found.get(_SHIFT, torch.zeros(len(classes))), np.asarray(labels))


def weigh_rows(constants: Mapping[str, torch.Tensor], labels: torch.Tensor) -> torch.Tensor | None:
    """How much each of `n` rows counts in the mean loss of a batch; None where all do alike."""
    return constants[_WEIGHTS][labels] if _WEIGHTS in constants else None


def balanced_loss(model: Any, batch: Batch) -> torch.Tensor | None:
    """Cross-entropy with the batch's constants, a scalar with its graph; None without any."""
    weights, shift = batch.get(_WEIGHTS), batch.get(_SHIFT)
    if weights is None and shift is None:
        return None
    apart = (_WEIGHTS, _SHIFT, "labels")
    outputs = model(**{name: x for name, x in batch.items() if name not in apart}).logits.float()
    shifted = outputs if shift is None else outputs + shift
    return torch.nn.functional.cross_entropy(shifted, batch["labels"], weight=weights)


def _weigh(asked: str | Mapping[str, float], counts: Any, classes: Sequence[str]) -> Any:
    """As scikit-learn's `balanced`: rows over classes times the rows of each."""
    if isinstance(asked, str):
        return counts.sum() / (len(classes) * counts)
    return np.array([asked.get(name, 1.0) for name in classes])
