"""What the files of an adapter's weights hold, in each form, before there are any weights.

Layers with equal contents differ in nothing but the prefix of their names, so each content is
worked out once for a model.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from peftsearch.spaces.families.anatomy import Anatomy, HeadTensor, Linear, Stack
from peftsearch.spaces.techniques.encoders import input_sizes
from peftsearch.spaces.techniques.saved import Saved, Tensor, unknown
from peftsearch.spaces.techniques.table import Technique, technique

from .base_shapes import shape_of
from .configuration import Configuration, Module
from .groups import Group, in_peft
from .recent import Recent
from .safetensors_sizes import Content, by_itself, file_bytes, payload

FileForm = Literal["peft", "adapter"]
Contents = list[tuple[str, Content]]
"""Tensors of a file, with the prefix of their names."""
_PREFIX = "base_model.model."
_NOTHING = Saved()


@dataclass
class WeightFiles:
    """Files of adapters of one model."""

    anatomy: Anatomy
    _known: dict[object, Content] = field(default_factory=dict)

    def tensors(self, configuration: Configuration, form: FileForm) -> dict[str, Tensor]:
        """The adapter's tensors by their names in the file, without the task's head."""
        contents = self._contents(configuration, form)
        return {f"{start}{name}": x for start, content in contents for name, x in content.tensors}

    def tensor_bytes(self, configuration: Configuration, form: FileForm) -> int:
        """Bytes of the adapter's tensors, without the header and the task's head."""
        return payload(self._contents(configuration, form))

    def size(
        self, configuration: Configuration, form: FileForm, head: Iterable[HeadTensor | Tensor]
    ) -> int:
        """Bytes of the whole file.

        Args:
            head: The task's, by full name.
        """
        start = _PREFIX if form == "peft" else ""
        tensors = (Tensor(x.name, x.shape) for x in head)
        return file_bytes([*self._contents(configuration, form), *by_itself(start, tensors)])

    def _contents(self, configuration: Configuration, form: FileForm) -> Contents:
        configuration = in_peft(configuration) if form == "peft" else configuration
        start = _PREFIX if form == "peft" else ""
        firsts = {} if form == "peft" else self._firsts(configuration)
        found = [
            (
                f"{start}{self.anatomy.layer_name(layer)}.",
                self._layer(layer, modules, form, firsts.get(layer, ())),
            )
            for layer, modules in enumerate(configuration.profile)
            if modules
        ]
        found += by_itself(start, self._at_model(configuration))
        if form == "peft":
            found += by_itself("base_model.", self._peft_model(configuration))
        return found

    def _layer(
        self, layer: int, modules: tuple[Module, ...], form: FileForm, firsts: tuple[Group, ...]
    ) -> Content:
        stack, index = self.anatomy.locate(layer)
        by_layer = any(technique(x.technique).tensors for x in modules)
        key = (id(stack), modules, form, firsts, index if by_layer else None)
        if key not in self._known:
            self._known[key] = Content(tuple(_named(stack, index, modules, form, firsts)))
        return self._known[key]

    def _firsts(self, configuration: Configuration) -> dict[int, tuple[Group, ...]]:
        """By layer: groups whose shared tensors lie at one of its linears."""
        found: dict[int, tuple[Group, ...]] = {}
        seen: set[Group] = set()
        for layer, modules in enumerate(configuration.profile):
            linears = self.anatomy.locate(layer)[0].linears
            for x in modules:
                group, shared = (x.technique, x.capacity, x.rate), _saved(x).shared
                if shared and group not in seen and any(role in linears for role in x.roles):
                    seen.add(group)
                    found[layer] = (*found.get(layer, ()), group)
        return found

    def _at_model(self, configuration: Configuration) -> Iterator[Tensor]:
        for name in configuration.techniques:
            if make := (technique(name).saved or _NOTHING).model:
                carried = {x for modules in configuration.profile for x in modules}
                alike = sum(x.technique == name for x in carried)
                yield from (tensor for i in range(alike) for tensor in make(i))
        yield from self._input(configuration.input)

    def _input(self, module: Module | None) -> Iterator[Tensor]:
        if module is None or self.anatomy.embedding is None:
            return
        row = technique(module.technique)
        sizes = input_sizes(row, self.anatomy, module.capacity)
        if row.saved is None or row.saved.input is None:
            yield from unknown(row.input(*sizes) if row.input else 0)
            return
        body = self.anatomy.stacks[0].layer_path.split(".")[0]
        for x in row.saved.input(*sizes):
            yield replace(x, name=f"{body}.{x.name}")

    def _peft_model(self, configuration: Configuration) -> Iterator[Tensor]:
        """What `peft` keeps at its own model."""
        groups: dict[tuple[str, int], dict[str, Linear]] = {}
        for layer, modules in enumerate(configuration.profile):
            stack = self.anatomy.locate(layer)[0]
            for x in modules:
                if _saved(x).shared or _saved(x).peft_model:
                    linears = {self.anatomy.module(layer, y.path): y for _, y in _aimed(x, stack)}
                    groups.setdefault((x.technique, x.capacity), {}).update(linears)
        for (name, capacity), linears in groups.items():
            saved = technique(name).saved or _NOTHING
            yield from saved.shared(capacity) if saved.shared else ()
            yield from saved.peft_model(linears, capacity) if saved.peft_model else ()


def _named(
    stack: Stack,
    index: int,
    modules: tuple[Module, ...],
    form: FileForm,
    firsts: tuple[Group, ...],
) -> Iterator[tuple[str, Tensor]]:
    """Tensors of one layer with their names in it."""
    wrapped = {x.path for module in modules for _, x in _aimed(module, stack)}
    base: dict[str, tuple[str, Tensor]] = {}
    for module in modules:
        row = technique(module.technique)
        for path, size in (row.tensors(stack, index) if row.tensors else {}).items():
            name = _base_name(path, row, wrapped) if form == "peft" else path
            base[path] = name, Tensor(path, shape_of(stack, path, size))
        if row.linear is not None:
            yield from _of_linears(row, module, stack, form)
        if row.layer is not None:
            make = row.saved.layer if row.saved else None
            numbers = row.layer(stack, module.capacity)
            found = make(stack, module.capacity) if make else unknown(numbers)
            yield from ((x.name, x) for x in found)
    yield from base.values()
    yield from _at_first(stack, modules, firsts)


def _base_name(path: str, row: Technique, wrapped: set[str]) -> str:
    """How `peft` names one of the backbone's own tensors."""
    owner, _, name = path.rpartition(".")
    if row.injects or row.peft is None:
        return f"{owner}.base_layer.{name}" if owner in wrapped else path
    return f"{owner}.ln_tuning_layers.{name}"


def _of_linears(
    row: Technique, module: Module, stack: Stack, form: FileForm
) -> Iterator[tuple[str, Tensor]]:
    for role, linear in _aimed(module, stack):
        for x in _of_linear(row, role, linear, module.capacity, form):
            name = x.peft if form == "peft" and x.peft else x.name
            yield f"{linear.path}.{name}", x


def _of_linear(
    row: Technique, role: str, linear: Linear, capacity: int, form: FileForm
) -> Iterator[Tensor]:
    if row.saved is None:
        stored = row.stored(linear, role, capacity) // 4 if row.stored else 0
        yield from unknown((row.linear(linear, role, capacity) if row.linear else 0) + stored)
        return
    parts = (row.saved.linear, row.saved.peft_linear if form == "peft" else None)
    for part in parts:
        yield from part(linear, role, capacity) if part else ()


def _at_first(
    stack: Stack, modules: tuple[Module, ...], firsts: tuple[Group, ...]
) -> Iterator[tuple[str, Tensor]]:
    """Tensors that several linears share, at the first of them. Which of siblings that is only the
    model tells: the longest name has room for each."""
    for name, capacity, rate in firsts:
        alike = [x for x in modules if (x.technique, x.capacity, x.rate) == (name, capacity, rate)]
        aimed = {role for module in alike for role in module.roles}
        paths = [x.path for role, x in stack.linears.items() if role in aimed]
        parent = paths[0].rpartition(".")[0]
        path = max((x for x in paths if x.rpartition(".")[0] == parent), key=len)
        make = (technique(name).saved or _NOTHING).shared
        yield from ((f"{path}.{x.name}", x) for x in (make(capacity) if make else ()))


def _aimed(module: Module, stack: Stack) -> list[tuple[str, Linear]]:
    return [(role, stack.linears[role]) for role in module.roles if role in stack.linears]


def _saved(module: Module) -> Saved:
    return technique(module.technique).saved or _NOTHING


weight_files = Recent(WeightFiles)
"""Those of a model; of the last few models the same object."""
