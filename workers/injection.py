"""Injection of `peft` modules into a shared model, and their removal.

Each group of equal modules is one sequential `inject_adapter_in_model`. All carry one adapter
name: a later injection activates its own name on every layer of the same class, and would leave
layers that lack the name without their adapter.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import peft
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn

from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.techniques import technique

ADAPTER = "default"
Group = tuple[str, int]
"""A technique and its capacity."""


def injected_groups(configuration: Configuration, anatomy: Anatomy) -> dict[Group, list[str]]:
    """Full names of the linears of each group; groups sorted, names in the order of layers."""
    groups: dict[Group, list[str]] = defaultdict(list)
    for layer, modules in enumerate(configuration.profile):
        for module in modules:
            if technique(module.technique).injects:
                paths = [anatomy.linears[role].path for role in module.roles]
                names = [anatomy.module(layer, path) for path in paths]
                groups[module.technique, module.capacity].extend(names)
    return dict(sorted(groups.items()))


def match_names(names: list[str]) -> str:
    """A pattern that matches these names in full and nothing else."""
    return "|".join(map(re.escape, names))


def peft_config(group: Group, names: list[str], anatomy: Anatomy) -> Any:
    """The `peft` configuration that adapts the linears `names`."""
    row = technique(group[0])
    arguments: dict[str, Any] = {"target_modules": match_names(names), **row.options}
    if row.peft == "IA3Config":
        inner = anatomy.linears["mlp_out"].path
        feedforward = [name for name in names if name.endswith(f".{inner}")]
        arguments["feedforward_modules"] = match_names(feedforward)
    else:
        arguments |= {"r": group[1], "lora_alpha": row.alpha}
    return getattr(peft, str(row.peft))(**arguments)


@dataclass
class Injection:
    """The modules that were replaced, by full name."""

    model: nn.Module
    originals: dict[str, nn.Module]

    @classmethod
    def prepare(cls, model: nn.Module, groups: dict[Group, list[str]]) -> "Injection":
        """Remember the linears before they are wrapped."""
        names = [name for group in groups.values() for name in group]
        return cls(model, {name: model.get_submodule(name) for name in names})

    def inject(self, groups: dict[Group, list[str]], anatomy: Anatomy, seed: int) -> None:
        """Wrap the linears; initial values depend on `seed` alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for group, names in groups.items():
                config = peft_config(group, names, anatomy)
                peft.inject_adapter_in_model(config, self.model, adapter_name=ADAPTER)
                delattr(self.model, "peft_config")  # else the next injection warns of this one

    def parameters(self, names: list[str]) -> dict[str, nn.Parameter]:
        """Injected parameters of the linears `names`, by full name without the adapter's name."""
        found = {}
        for name in names:
            for inner, parameter in self.model.get_submodule(name).named_parameters():
                if not inner.startswith("base_layer."):
                    found[f"{name}.{_public(inner)}"] = parameter
        return found

    def merge(self) -> None:
        """Fold the injected modules into the linears that they wrap."""
        for name in self.originals:
            layer = self.model.get_submodule(name)
            if isinstance(layer, BaseTunerLayer):
                layer.merge(safe_merge=True)

    def remove(self) -> None:
        """Put the linears back; complete after any error, even one within `inject`."""
        for name, module in self.originals.items():
            parent, _, child = name.rpartition(".")
            setattr(self.model.get_submodule(parent), child, module)
        if hasattr(self.model, "peft_config"):
            delattr(self.model, "peft_config")


def _public(inner: str) -> str:
    return ".".join(part for part in inner.split(".") if part != ADAPTER)
