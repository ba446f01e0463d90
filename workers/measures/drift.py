"""How far the features of a text of reference have moved from those of the bare model."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.models.pooled_head import pool
from peftsearch.workers.training.trained import Measured, Trained

from .ratios import ratio_of_sums
from .reference import encode_reference


def measure(trained: Trained) -> Measured:
    """The root mean square change of the last layer's mean state, over that by which passages
    differ from their mean in the bare model: 0 of none, 1 where a passage has moved as far as
    passages lie apart.

    Raises:
        UserError: The text is gone, or is too short.
    """
    data, told = encode_reference(trained.job)
    if not trained.configuration.techniques:
        return Measured(0.0, 0.0, told)
    before = _features(trained, data)
    with trained.attached():
        after = _features(trained, data)
    moved = (after - before).square().sum(1).numpy()
    apart = (before - before.mean(0)).square().sum(1).numpy()
    share, error = ratio_of_sums(moved, np.maximum(apart, np.finfo(np.float64).tiny))
    drift = share**0.5
    return Measured(drift, error / (2 * drift) if drift else 0.0, told)


def _features(trained: Trained, data: Encoded) -> torch.Tensor:
    """`n x d`, in float64."""
    model = trained.job.backbone.model
    with _watching(model) as seen:

        def read(batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            data.outputs(model, dict(batch))
            mask = batch["attention_mask"] if "attention_mask" in batch else None
            assert mask is not None, "texts are padded"
            mask = mask.flatten(0, -2)
            # Virtual tokens in front of the text, where there are any, are no passage.
            states = seen[0][:, -mask.shape[1] :].float()
            return pool(states, mask, "mean").double()

        return trained.each_batch(data, range(len(data)), read)


@contextmanager
def _watching(model: Any) -> Iterator[list[torch.Tensor]]:
    """What the body, or of an encoder-decoder its encoder, gave last."""
    body = model.get_encoder() if model.config.is_encoder_decoder else model.base_model
    seen = [torch.empty(0)]

    def keep(module: nn.Module, args: Any, output: Any) -> None:
        seen[0] = output[0]

    handle = body.register_forward_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()
