"""Groups of trained parameters for an optimiser: what learns at which rate, and what decays."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique
from peftsearch.workers.models.heads import HEAD_RATE

from .base_tensors import Owner

HEAD = "head"
"""Owns the head's parameters, where a technique owns all others."""


def group_parameters(
    parameters: Mapping[Owner, Mapping[str, nn.Parameter]],
    learning_rate: float,
    weight_decay: float = 0.0,
    head_rate: float | None = None,
) -> list[dict[str, Any]]:
    """Groups for an optimiser: each technique at its own rate, relative to the nominal one.

    Only matrices decay; biases, norms, IA3's vectors and DoRA's magnitudes do not.

    Args:
        parameters: By owner and full name, as `Attachment.parameters`.
        head_rate: The head's own rate; None where it is relative as well.
    """
    groups: list[dict[str, Any]] = []
    for (owner, factor), owned in parameters.items():
        for nominal, alike in _split_by_rate(owner, owned).items():
            rate = learning_rate * factor * nominal / NOMINAL_RATE
            if owner == HEAD and head_rate is not None:
                rate = head_rate
            for decay, chosen in _split_by_decay(alike, weight_decay).items():
                groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    return groups


def _split_by_rate(
    owner: str, parameters: Mapping[str, nn.Parameter]
) -> dict[float, dict[str, nn.Parameter]]:
    """By nominal rate, of which some techniques have several."""
    if owner == HEAD:
        return {HEAD_RATE: dict(parameters)}
    row = technique(owner)
    groups: dict[float, dict[str, nn.Parameter]] = {}
    for name, parameter in parameters.items():
        rate = next((x for end, x in row.rates.items() if name.endswith(end)), row.rate)
        groups.setdefault(rate, {})[name] = parameter
    return groups


def _split_by_decay(
    parameters: Mapping[str, nn.Parameter], weight_decay: float
) -> dict[float, list[nn.Parameter]]:
    groups: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters.values():
        # Some techniques keep a vector as a matrix of one row or column.
        decays = sum(size > 1 for size in parameter.shape) > 1
        groups.setdefault(weight_decay if decays else 0.0, []).append(parameter)
    return groups
