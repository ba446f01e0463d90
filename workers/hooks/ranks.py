"""AdaLoRA: ranks that are cut, while they are trained, where they matter least.

Zhang et al., arXiv 2303.10512. What matters is told by `peft`'s allocator. Training begins with
half as many ranks again; from a tenth of the steps on they are masked by a cubic schedule, and
after two thirds those that are left are kept and the others taken away, so that the adapter has at
most as many numbers as the formula of the row says. Factors are drawn towards orthogonality.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from peft import AdaLoraConfig
from peft.tuners.adalora.layer import RankAllocator
from torch import nn

from peftsearch.spaces.configurations.groups import Group
from peftsearch.workers.adapters.masks import ADAPTER
from peftsearch.workers.runtime.seeds import stream

from .hook import Hook

WIDER = 1.5
"""Ranks at the start, of those at the end."""
BEGINS, ENDS = 1 / 10, 2 / 3
"""Shares of the steps between which ranks are cut."""
TIMES = 50
"""Cuts in a whole training, at most."""
ORTHOGONALITY = 0.1
"""Weight of the factors' distance from orthogonality, as in the paper."""
DEVIATION = 0.02
"""Of what the factors begin with, as in `peft`."""
_ALLOCATOR: Any = RankAllocator
"""Without types."""
_AVERAGES = ("ipt", "exp_avg_ipt", "exp_avg_unc")


class Ranks(Hook):
    """Widens at the start, cuts meanwhile, and takes away what was cut."""

    _allocators: dict[Group, tuple[Any, nn.Module]]

    @property
    def settled(self) -> int:
        """Once the ranks are what they stay."""
        return max(1, round(ENDS * self.steps))

    def enter(self, phase: int) -> None:
        """Half as many ranks again; phases of other techniques change nothing."""
        if phase:
            return
        self._allocators = {}
        for group, layers in self.groups.items():
            for name, layer in layers.items():
                self._widen(name, layer, group[1])
            tree = nn.ModuleList(layers.values())
            schedule = self._schedule(group[1])
            self._allocators[group] = _ALLOCATOR(tree, schedule, ADAPTER), tree

    def penalty(self) -> torch.Tensor | None:
        """How far the factors are from orthonormal ones: the mean of Frobenius norms."""
        factors = [x for layer in self.layers.values() for x in _factors(layer)]
        norms = [torch.linalg.norm(x @ x.T - torch.eye(len(x)).to(x)) for x in factors if len(x)]
        return ORTHOGONALITY * torch.stack(norms).mean() if norms else None

    def after_step(self, step: int, optimiser: torch.optim.AdamW) -> None:
        """Tell what matters, and mask the rest; once it is settled, take that away."""
        done = step + 1
        if done == self.settled:
            self._settle(optimiser)
        for allocator, tree in self._allocators.values():
            allocator.update_and_allocate(tree, done)

    def _settle(self, optimiser: torch.optim.AdamW) -> None:
        """Mask for the last time, and cut what is masked."""
        for group, (allocator, tree) in self._allocators.items():
            allocator.update_ipt(tree)
            allocator.mask_to_budget(tree, allocator.target_bgt)
            self._narrow(group, optimiser)
        self._allocators = {}

    def state(self) -> dict[str, torch.Tensor]:
        """The averages by which ranks matter; nothing once they are what they stay."""
        return {
            f"{number}/{key}/{name}": x.to("cpu", copy=True)
            for number, (allocator, _) in enumerate(self._allocators.values())
            for key in _AVERAGES
            for name, x in getattr(allocator, key).items()
        }

    def take_up(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Know what `state` gave."""
        if not tensors:
            self._allocators = {}
        allocators = [x for x, _ in self._allocators.values()]
        for path, tensor in tensors.items():
            number, key, name = path.split("/", 2)
            device = next(iter(self.layers.values())).lora_A[ADAPTER].device
            getattr(allocators[int(number)], key)[name] = tensor.to(device, copy=True)

    def told(self) -> dict[str, Any]:
        """The rank of each linear, and how many numbers that makes."""
        ranks = {name: len(layer.lora_A[ADAPTER]) for name, layer in self.layers.items()}
        numbers = sum(_triplet(layer) * ranks[name] for name, layer in self.layers.items())
        return {"ranks": ranks, "parameters": numbers}

    def _schedule(self, rank: int) -> AdaLoraConfig:
        begins = min(round(BEGINS * self.steps), self.settled - 1)
        return AdaLoraConfig(
            init_r=_wider(rank),
            target_r=rank,
            tinit=begins,
            tfinal=self.steps - self.settled,
            deltaT=math.ceil(self.steps / TIMES),
            total_step=self.steps,
        )

    def _widen(self, name: str, layer: Any, rank: int) -> None:
        first, values, second = _tensors(layer)
        draws, more = stream(self.attachment.seed, f"{name} wider"), _wider(rank) - rank
        extra = [
            DEVIATION * torch.randn(more, x, generator=draws)
            for x in (first.shape[1], second.shape[0])
        ]
        first.data = torch.cat([first.data, extra[0].to(first)])
        values.data = torch.cat([values.data, torch.zeros(more, 1).to(values)])
        second.data = torch.cat([second.data, extra[1].T.to(second)], dim=1)

    def _narrow(self, group: Group, optimiser: torch.optim.AdamW) -> None:
        """Take the ranks away that are masked, and, of large linears that kept many, those of
        least value until the formula's budget holds."""
        layers, budget = self.groups[group], 0
        alive: list[tuple[float, str, int]] = []
        for name, layer in layers.items():
            budget += group[1] * _triplet(layer)
            values = layer.lora_E[ADAPTER].detach().flatten().abs().tolist()
            alive += [(value, name, i) for i, value in enumerate(values) if value]
        kept: dict[str, list[int]] = {name: [] for name in layers}
        for _, name, i in sorted(alive, reverse=True):
            if _triplet(layers[name]) <= budget:
                budget -= _triplet(layers[name])
                kept[name].append(i)
        for name, layer in layers.items():
            _take(layer, sorted(kept[name]), optimiser)


def _wider(rank: int) -> int:
    return math.ceil(WIDER * rank)


def _tensors(layer: Any) -> tuple[nn.Parameter, nn.Parameter, nn.Parameter]:
    return layer.lora_A[ADAPTER], layer.lora_E[ADAPTER], layer.lora_B[ADAPTER]


def _factors(layer: Any) -> tuple[torch.Tensor, torch.Tensor]:
    first, _, second = _tensors(layer)
    return first, second.T


def _triplet(layer: Any) -> int:
    """Numbers of one rank."""
    return int(layer.in_features + layer.out_features + 1)


@torch.no_grad()
def _take(layer: Any, ranks: list[int], optimiser: torch.optim.AdamW) -> None:
    """Leave a layer these ranks alone, with their moments."""
    for tensor, side in zip(_tensors(layer), (0, 0, 1), strict=True):
        places = torch.tensor(ranks, dtype=torch.int64, device=tensor.device)
        tensor.grad = None
        tensor.data = tensor.data.index_select(side, places)
        for name, held in optimiser.state[tensor].items():
            if held.dim():
                optimiser.state[tensor][name] = held.index_select(side, places)
