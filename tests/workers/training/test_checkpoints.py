"""The state of a training that is kept: the one with the least validation loss."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.training.checkpoints import Checkpoints
from tests.workers.runners import LORA


@pytest.fixture
def attachment(backbones: dict[str, Backbone]) -> Iterator[Attachment]:
    made = attach(backbones["bert"], LORA, 0)
    yield made
    made.detach()


def drive(attachment: Attachment, losses: list[float]) -> Checkpoints:
    """Four steps to a stop, each of which sets every tensor to its number."""
    found = iter(losses)

    def measure() -> Evaluation:
        return Evaluation({"loss": next(found)}, np.zeros(1), np.zeros(1))

    stops = [4 * (i + 1) for i in range(len(losses))]
    checkpoints = Checkpoints(attachment, stops, measure)
    for step in range(1, stops[-1] + 1):
        for parameter in attachment.trained.values():
            parameter.data.fill_(step)
        checkpoints.after_step(step)
    checkpoints.restore()
    return checkpoints


@pytest.mark.parametrize(
    ("losses", "kept"),
    [
        ([0.5, 0.4, 0.3], 12),
        ([0.5, 0.3, 0.4], 8),
        ([0.3, 0.3, 0.3], 4),  # of equals the shortest
        ([float("nan"), 0.9, float("nan")], 8),
    ],
)
def test_the_least_loss_is_kept(attachment: Attachment, losses: list[float], kept: int) -> None:
    checkpoints = drive(attachment, losses)
    assert checkpoints.kept == kept
    assert checkpoints.found is not None
    assert checkpoints.found.measurements["loss"] == losses[kept // 4 - 1]
    for tensor in attachment.trained.values():
        assert torch.equal(tensor, torch.full_like(tensor, kept))


def test_one_stop_is_not_measured(attachment: Attachment) -> None:
    checkpoints = drive(attachment, [float("nan")])
    assert (checkpoints.kept, checkpoints.found) == (4, None)
    for tensor in attachment.trained.values():
        assert torch.equal(tensor, torch.full_like(tensor, 4))
