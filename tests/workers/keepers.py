"""What stands in a test for the file of a trial's rungs."""

from collections.abc import Mapping
from typing import Any

import torch

from peftsearch.workers.training.clock import OnStep


class Memory:
    """Keeps the newest rung, and counts those that it was given."""

    told: dict[str, Any]
    tensors: dict[str, torch.Tensor]
    saved = 0

    def load(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
        return (self.told, self.tensors) if self.saved else None

    def save(self, told: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        self.told, self.tensors = dict(told), {k: x.clone() for k, x in tensors.items()}
        self.saved += 1


class BrokenOff(Exception):
    """The worker of a training is gone."""


def break_off(at: int) -> OnStep:
    """Ends a training as its step of that number is told."""

    def step(done: int, total: int) -> None:
        if done == at:
            raise BrokenOff

    return step
