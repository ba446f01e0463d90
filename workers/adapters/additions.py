"""Modules of our own on a shared model, and their removal: what acts beside the linears.

They are hooked to the modules that stand in the model once `peft` has wrapped its linears, so that
they see what the wrapped linears give. Where several act on one linear, those on its output come
first and what stands beside the MLP is added last.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.families.anatomy import Anatomy, Stack
from peftsearch.spaces.techniques.own_rows import PHM_ORDER, mlp_input, prefix_sizes
from peftsearch.workers.runtime.seeds import stream

from .base_tensors import Owner
from .bottlenecks import (
    SCALE,
    Bottleneck,
    ProductBottleneck,
    Rules,
    hook_after,
    hook_beside,
)
from .prefixes import CHILD, Prefix, Switch, hook_positions
from .virtual_tokens import EncodedPrompt, Prompt, VirtualTokens

_PARTS = {"attention_output": "attention", "mlp_out": "mlp"}
"""Where Houlsby's modules stand, and how the name of a module says so."""
_PROMPTS: Mapping[str, Callable[[int, nn.Embedding, torch.Generator], nn.Module]] = {
    "prompt": Prompt,
    "p_tuning": EncodedPrompt,
}


class _Place(NamedTuple):
    """A module of the configuration in one layer, whose full name is `layer`."""

    module: Module
    stack: Stack
    layer: str

    def path(self, role: str) -> str:
        return f"{self.layer}.{self.stack.linears[role].path}"


@dataclass
class Additions:
    """The modules that a configuration adds to a model, beside its linears.

    `prepare` changes nothing; `add` builds and hooks; `remove` undoes all of it, after an error
    within `add` too, and may be called again.
    """

    model: Any
    anatomy: Anatomy
    configuration: Configuration
    _children: list[tuple[Module, str, nn.Module]] = field(default_factory=list)
    _handles: list[RemovableHandle] = field(default_factory=list)
    _rules: dict[Module, nn.Parameter] = field(default_factory=dict)
    _switch: Switch = field(default_factory=Switch)

    @classmethod
    def prepare(
        cls, model: nn.Module, anatomy: Anatomy, configuration: Configuration
    ) -> "Additions":
        """The additions of a configuration that `validation` has found to fit the model."""
        return cls(model, anatomy, configuration)

    def add(self, seed: int) -> None:
        """Build all modules and let them act.

        Initial values depend on the seed and on the module's name alone; they take the device and
        the dtype of what the module stands beside.
        """
        for technique, build in _BUILDERS.items():
            for place in self._places(technique):
                build(self, place, seed)
        if self.anatomy.causal and any(self._places("prefix")):
            self._handles.append(hook_positions(self.model.base_model))
        if self.configuration.input is not None:
            self._add_tokens(self.configuration.input, seed)

    def parameters(self) -> dict[Owner, dict[str, nn.Parameter]]:
        """Added parameters by full name, of each technique at each factor on its learning rate.
        One that several modules share is listed once."""
        found: dict[Owner, dict[str, nn.Parameter]] = {}
        for module, name, child in self._children:
            named = {f"{name}.{inner}": x for inner, x in child.named_parameters()}
            found.setdefault((module.technique, module.rate), {}).update(named)
        return found

    def remove(self) -> None:
        """Give the model back as it was: structure, hooks, config and weights."""
        while self._handles:
            self._handles.pop().remove()
        while self._children:
            parent, _, child = self._children.pop()[1].rpartition(".")
            delattr(self.model.get_submodule(parent), child)
        self._rules.clear()
        self._switch.restore()

    def _places(self, technique: str) -> Iterator[_Place]:
        for layer, modules in enumerate(self.configuration.profile):
            stack, _ = self.anatomy.locate(layer)
            for module in modules:
                if module.technique == technique:
                    yield _Place(module, stack, self.anatomy.layer_name(layer))

    def _put(self, module: Module, name: str, child: nn.Module, beside: nn.Module) -> None:
        """Make `child` a part of the model under its full name."""
        like = next(beside.parameters())
        child.to(device=like.device, dtype=like.dtype if like.is_floating_point() else None)
        parent, _, last = name.rpartition(".")
        self.model.get_submodule(parent).add_module(last, child)
        self._children.append((module, name, child))

    def _add_serial(self, place: _Place, seed: int) -> None:
        self._add_bottleneck(place, "mlp_out", f"{place.layer}.serial", seed)

    def _add_houlsby(self, place: _Place, seed: int) -> None:
        for role, part in _PARTS.items():
            self._add_bottleneck(place, role, f"{place.layer}.houlsby_{part}", seed)

    def _add_bottleneck(self, place: _Place, role: str, name: str, seed: int) -> None:
        width = place.stack.linears[role].outputs
        child = Bottleneck(width, place.module.capacity, width, 1.0, stream(seed, name))
        self._hook_serial(place, role, name, child)

    def _add_compacter(self, place: _Place, seed: int) -> None:
        rules = self._share_rules(place.module, seed)
        for role, part in _PARTS.items():
            name, width = f"{place.layer}.compacter_{part}", place.stack.linears[role].outputs
            generator = stream(seed, name)
            child = ProductBottleneck(width, place.module.capacity, rules, generator)
            self._hook_serial(place, role, name, child)

    def _share_rules(self, module: Module, seed: int) -> nn.Parameter:
        """The factor that all products of one module share, made at its first layer."""
        if module not in self._rules:
            name = f"product_rules_{len(self._rules)}"
            child = Rules(PHM_ORDER, stream(seed, name))
            self._put(module, name, child, self.model)
            self._rules[module] = child.weight
        return self._rules[module]

    def _hook_serial(self, place: _Place, role: str, name: str, child: nn.Module) -> None:
        target = self.model.get_submodule(place.path(role))
        self._put(place.module, name, child, target)
        self._handles += hook_after(target, child)

    def _add_parallel(self, place: _Place, seed: int) -> None:
        name, role = f"{place.layer}.parallel", mlp_input(place.stack)
        inputs = place.stack.linears[role].inputs
        outputs = place.stack.linears["mlp_out"].outputs
        child = Bottleneck(inputs, place.module.capacity, outputs, SCALE, stream(seed, name))
        layer, entry, end = map(
            self.model.get_submodule, (place.layer, place.path(role), place.path("mlp_out"))
        )
        self._put(place.module, name, child, end)
        self._handles += hook_beside(layer, entry, end, child)

    def _add_prefix(self, place: _Place, seed: int) -> None:
        path = f"{place.layer}.{place.stack.attention}"
        child = Prefix(place.module.capacity, prefix_sizes(place.stack), stream(seed, path))
        self._put(place.module, f"{path}.{CHILD}", child, self.model.get_submodule(path))
        self._switch.turn(self.model, path)

    def _add_tokens(self, module: Module, seed: int) -> None:
        words, base = self.model.get_input_embeddings(), self.model.base_model
        inner = "" if base is self.model else f"{self.model.base_model_prefix}."
        name = f"{inner}virtual_tokens"
        prompt = _PROMPTS[module.technique](module.capacity, words, stream(seed, name))
        self._put(module, name, prompt, words)
        self._handles += VirtualTokens(base, words, prompt, self.anatomy.causal).hook()


_BUILDERS: Mapping[str, Callable[[Additions, _Place, int], None]] = {
    "serial": Additions._add_serial,
    "houlsby": Additions._add_houlsby,
    "compacter": Additions._add_compacter,
    "parallel": Additions._add_parallel,
    "prefix": Additions._add_prefix,
}
"""In the order in which they act on a linear's output."""
