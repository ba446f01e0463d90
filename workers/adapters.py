"""Attach a configuration to a shared model, and detach it without a trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.errors import UserError
from peftsearch.spaces.techniques import NOMINAL_RATE, technique
from peftsearch.spaces.validation import check_configuration

from .backbone import Backbone
from .base_tensors import Snapshot, trained_base_tensors
from .heads import HEAD_RATE, head_parameters, initialise_head
from .injection import Injection, injected_groups
from .seeds import derive, stream

_HEAD = "head"


@dataclass
class Attachment:
    """One configuration on one model. Names are those of the model without injected modules.

    Attributes:
        parameters: Trained parameters by full name, of each technique and of the head.
    """

    model: nn.Module
    parameters: Mapping[str, Mapping[str, nn.Parameter]]
    injection: Injection
    snapshot: Snapshot

    def parameter_groups(
        self, learning_rate: float, weight_decay: float = 0.0
    ) -> list[dict[str, Any]]:
        """Groups for an optimiser: each technique at its own rate, relative to the nominal one.

        Only matrices decay; biases, norms, IA3's vectors and DoRA's magnitudes do not.
        """
        groups: list[dict[str, Any]] = []
        for owner, parameters in self.parameters.items():
            rate = learning_rate * _nominal_rate(owner) / NOMINAL_RATE
            for decay, chosen in _split_by_decay(parameters, weight_decay).items():
                groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
        return groups

    @property
    def trained(self) -> dict[str, nn.Parameter]:
        """All trained parameters by full name."""
        return {k: v for group in self.parameters.values() for k, v in group.items()}

    @property
    def size(self) -> int:
        """Number of trained scalars, the head excluded."""
        owned = (group for owner, group in self.parameters.items() if owner != _HEAD)
        return sum(parameter.numel() for group in owned for parameter in group.values())

    def tensors(self) -> dict[str, torch.Tensor]:
        """Copies of adapter and head on the CPU in float32, by full name."""
        return {
            name: parameter.detach().to("cpu", torch.float32, copy=True).contiguous()
            for name, parameter in self.trained.items()
        }

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Write what `tensors` gave.

        Raises:
            UserError: A name or a shape differs; nothing is written then.
        """
        trained = self.trained
        if wrong := sorted(set(trained) ^ set(tensors)):
            side = "lacks" if wrong[0] in trained else "has unexpected"
            raise UserError(
                "an adapter of this configuration and model",
                f"one that {side} {wrong[0]}",
                "load it into the model it was trained on",
            )
        for name, parameter in trained.items():
            if parameter.shape != tensors[name].shape:
                raise UserError(
                    f"{name} of shape {list(parameter.shape)}",
                    f"{list(tensors[name].shape)}",
                    "load it into the model it was trained on, with as many labels",
                )
        for name, parameter in trained.items():
            parameter.data.copy_(tensors[name])

    def merge(self) -> None:
        """Fold the injected modules into the model for good; `detach` can no longer undo it."""
        self.injection.merge()
        self.injection.remove()
        for parameter in self.trained.values():
            parameter.requires_grad_(False)

    def detach(self) -> None:
        """Give the model back bit-identical: structure, weights, head and `requires_grad`."""
        self.injection.remove()
        self.snapshot.restore()


def attach(backbone: Backbone, configuration: Configuration, seed: int) -> Attachment:
    """Inject, unfreeze and draw initial values, as a function of the seed alone.

    Raises:
        UserError: The configuration does not fit the model.
    """
    attachment = attach_to(backbone.model, backbone.anatomy, backbone.heads, configuration, seed)
    deviation = float(getattr(backbone.model.config, "initializer_range", 0.02))
    initialise_head(backbone.model, backbone.heads, deviation, stream(seed, "head"))
    return attachment


def attach_to(
    model: nn.Module,
    anatomy: Anatomy,
    heads: tuple[str, ...],
    configuration: Configuration,
    seed: int = 0,
) -> Attachment:
    """As `attach`, on any frozen model; the head keeps its values."""
    check_configuration(configuration, anatomy)
    owners = trained_base_tensors(configuration, anatomy)
    base = {name: model.get_parameter(name) for name in owners}
    head = head_parameters(model, heads)
    snapshot = Snapshot.take([*base.values(), *head.values()])
    groups = injected_groups(configuration, anatomy)
    injection = Injection.prepare(model, groups)
    try:
        injection.inject(groups, anatomy, derive(seed, "adapter"))
        parameters: dict[str, dict[str, nn.Parameter]] = {}
        for (name, _), linears in groups.items():
            parameters.setdefault(name, {}).update(injection.parameters(linears))
        for path, owner in owners.items():
            parameters.setdefault(owner, {})[path] = base[path]
        parameters[_HEAD] = head
        _train_only(model, parameters)
    except BaseException:
        injection.remove()
        snapshot.restore()
        raise
    return Attachment(model, parameters, injection, snapshot)


def _train_only(model: nn.Module, parameters: Mapping[str, Mapping[str, nn.Parameter]]) -> None:
    model.requires_grad_(False)
    for group in parameters.values():
        for parameter in group.values():
            parameter.requires_grad_(True)


def _nominal_rate(owner: str) -> float:
    return HEAD_RATE if owner == _HEAD else technique(owner).rate


def _split_by_decay(
    parameters: Mapping[str, nn.Parameter], weight_decay: float
) -> dict[float, list[nn.Parameter]]:
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in parameters.items():
        decays = parameter.dim() > 1 and "ia3_l" not in name
        groups.setdefault(weight_decay if decays else 0.0, []).append(parameter)
    return groups
