"""The task head: the modules that every trial trains anew.

Of the costs only the size of the exported file counts them, since they are the same for every
configuration of a job.
"""

from types import MethodType

import torch
from torch import nn
from torch.nn import functional

from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.techniques.saved import Tensor

HEAD_NAMES = ("classifier", "score", "classification_head")
"""Names of the task head in the models of `transformers`. A language model has none that is
fresh: its head is pre-trained and stays as it is."""

HEAD_RATE = 3e-2
"""Rate of one linear that starts from noise, hence high: with a MiniLM encoder and 63 steps of 16
film reviews the linear probe scored .54 at 1e-2, .62 at 3e-2 and .65 at 1e-1 (mean of three
seeds, 2,000 rows); LoRA scored the same at each of these."""

FITTED_RATE = 3e-3
"""Of a head that starts at a fitted probe, and of one with hidden layers, which higher rates ruin
(decision 0044)."""

REPLACED = ("first", "mean")
"""Poolings that need another head than the model's class has."""


def find_heads(model: nn.Module, fresh: set[str]) -> tuple[str, ...]:
    """Names of the head's modules, sorted.

    Args:
        fresh: Names of tensors that the checkpoint lacked. A module with such tensors (a pooler,
            say) holds nothing pre-trained: it belongs to the head, else every process would
            search over another random function.
    """
    named = {name for name, _ in model.named_children() if name in HEAD_NAMES}
    lacking = {key.rpartition(".")[0] for key in fresh}
    outside = {name for name in lacking if name.split(".")[0] not in named}
    return tuple(sorted(named | outside))


def output_linear(model: nn.Module, heads: tuple[str, ...]) -> nn.Linear:
    """The linear that gives the model's outputs: the last one of its task head."""
    known = (*HEAD_NAMES, POOLED)
    named = [head for head in heads if head.rpartition(".")[2] in known]
    linears = [x for x in model.get_submodule(named[-1]).modules() if isinstance(x, nn.Linear)]
    return linears[-1]


def initialise_head(
    model: nn.Module, heads: tuple[str, ...], deviation: float, generator: torch.Generator
) -> None:
    """Draw the head's matrices from N(0, deviation^2); biases are 0, scales of norms 1.

    Args:
        generator: On the CPU, so that a seed means the same head on every device.
    """
    for head in heads:
        for name, parameter in model.get_submodule(head).named_parameters():
            parameter.data.copy_(_draw(name, parameter, deviation, generator))


def _draw(
    name: str, parameter: torch.Tensor, deviation: float, generator: torch.Generator
) -> torch.Tensor:
    if parameter.dim() > 1:
        return torch.randn(parameter.shape, generator=generator) * deviation
    return torch.zeros(parameter.shape) if name.endswith("bias") else torch.ones(parameter.shape)


def compute_in_float32(model: nn.Module, heads: tuple[str, ...]) -> None:
    """Let the head's linears multiply in float32 where autocast has all others in bfloat16.

    Eight bits are too few for what is scored: predictions near 100 would be wrong by a quarter,
    and the scores of classes would tie. The head is a thousandth of the model's work.
    """
    for head in heads:
        for module in model.get_submodule(head).modules():
            if isinstance(module, nn.Linear):
                module.forward = MethodType(_multiply, module)  # type: ignore[method-assign]


def _multiply(self: nn.Linear, states: torch.Tensor) -> torch.Tensor:
    with torch.autocast(states.device.type, enabled=False):
        bias = None if self.bias is None else self.bias.float()
        return functional.linear(states.float(), self.weight.float(), bias)


def head_parameters(model: nn.Module, heads: tuple[str, ...]) -> dict[str, nn.Parameter]:
    """The head's parameters by full name, in the order of the model."""
    return {
        f"{head}.{name}": parameter
        for head in heads
        for name, parameter in model.get_submodule(head).named_parameters()
    }


def head_tensors(model: nn.Module, heads: tuple[str, ...]) -> tuple[Tensor, ...]:
    """Names and shapes of the head's parameters."""
    found = head_parameters(model, heads)
    return tuple(Tensor(name, tuple(x.shape)) for name, x in found.items())
