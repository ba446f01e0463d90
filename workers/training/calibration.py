"""The gradients by which some techniques choose what they train."""

from itertools import islice

from peftsearch.workers.batches.batching import training_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.runtime.seeds import stream

from .optimisation import compute_loss

CALIBRATION_BATCHES = 8
"""As SPT takes them (arXiv 2303.08566)."""


def add_gradients(
    backbone: Backbone, data: Encoded, batch_size: int, precision: str, seed: int
) -> None:
    """Add up gradients over a few training batches, which the seed draws."""
    batches = training_batches(data.lengths, batch_size, stream(seed, "calibration"))
    for batch in islice(batches, CALIBRATION_BATCHES):
        loss = compute_loss(backbone, data.batch(batch), precision)
        loss.backward()  # type: ignore[no-untyped-call]
