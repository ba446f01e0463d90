"""Where a module of our own acts, and what adding it changes in a shared model.

A technique of our own, ours or a plug-in's, is built by a function of a `Site` that its row names
(`build`). It is called once for each layer that carries the technique.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.families.anatomy import Anatomy, Stack
from peftsearch.workers.runtime.seeds import stream

T = TypeVar("T")


@dataclass
class Changes:
    """What was done to a model, and how it is undone or folded in.

    Attributes:
        children: Modules that became a part of the model, with what asked for each and its name.
    """

    model: Any
    children: list[tuple[Module, str, nn.Module]] = field(default_factory=list)
    merges: list[Callable[[], None]] = field(default_factory=list)
    _undoing: list[Callable[[], None]] = field(default_factory=list)
    _shared: dict[Hashable, Any] = field(default_factory=dict)

    def put(self, module: Module, name: str, child: nn.Module, beside: nn.Module) -> None:
        """Make `child` a part of the model under its full name, with the device and the dtype of
        `beside`.

        Raises:
            ValueError: The model has something of that name.
        """
        like = next(beside.parameters())
        child.to(device=like.device, dtype=like.dtype if like.is_floating_point() else None)
        child.train(False)  # as the model
        path, _, last = name.rpartition(".")
        parent = self.model.get_submodule(path)
        if hasattr(parent, last):
            raise ValueError(f"{module.technique}: the model has {name} already")
        parent.add_module(last, child)
        self.children.append((module, name, child))
        self.undo(lambda: delattr(self.model.get_submodule(path), last))

    def undo(self, action: Callable[[], Any]) -> None:
        """Call this when the modules are removed; the last is called first."""
        self._undoing.append(action)

    def hook(self, handles: Iterable[RemovableHandle]) -> None:
        """Remove these hooks with the modules."""
        for handle in handles:
            self.undo(handle.remove)

    def share(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave when this key was first asked for on this model."""
        if key not in self._shared:
            self._shared[key] = make()
        shared: T = self._shared[key]
        return shared

    def revert(self) -> None:
        """Give the model back as it was; may be called again."""
        while self._undoing:
            self._undoing.pop()()
        self.children.clear()
        self.merges.clear()
        self._shared.clear()


@dataclass(frozen=True)
class Site:
    """One layer that carries a module of a configuration.

    Attributes:
        model: The whole model. What `peft` wraps is wrapped already.
        anatomy: Of the model.
        stack: The stack of the layer, with its linears by role.
        layer: Full name of the layer.
        module: The technique with its capacity and target roles.
        changes: What is done to the model; give it all that must go again.
        dropout: Share to leave out in training, for rows with a dropout. Modules are in training
            mode for the length of a training step alone.
    """

    model: Any
    anatomy: Anatomy
    stack: Stack
    layer: str
    module: Module
    changes: Changes
    seed: int
    dropout: float = 0.0

    @property
    def roles(self) -> tuple[str, ...]:
        """The target roles that this layer has."""
        return tuple(role for role in self.module.roles if role in self.stack.linears)

    def path(self, role: str) -> str:
        """Full name of the layer's linear in a role."""
        return f"{self.layer}.{self.stack.linears[role].path}"

    def linear(self, role: str) -> Any:
        """The layer's linear in a role, as it stands in the model now."""
        return self.model.get_submodule(self.path(role))

    def generator(self, name: str) -> torch.Generator:
        """Draws initial values of the module of this full name, on the CPU."""
        return stream(self.seed, name)

    def put(self, name: str, child: nn.Module, beside: nn.Module) -> None:
        """Make `child` a part of the model under its full name: its parameters are trained, saved
        and counted. They must be those that the row's formula counts.

        Args:
            beside: Has the device and the dtype that `child` takes.
        """
        self.changes.put(self.module, name, child, beside)

    def merge(self, action: Callable[[], None]) -> None:
        """Call this to fold the module into the model's own tensors, for rows with `merges`. What
        `peft` wrapped is unwrapped by then; hooks and modules are removed afterwards."""
        self.changes.merges.append(action)
