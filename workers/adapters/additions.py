"""Modules of our own on a shared model, and their removal: what acts beside the linears.

They are hooked to the modules that stand in the model once `peft` has wrapped its linears, so that
they see what the wrapped linears give. Where several act on one linear, rows say which is first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.encoders import input_sizes
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique, technique
from peftsearch.workers.models.reader import Reader
from peftsearch.workers.runtime.seeds import stream

from .base_tensors import Owner
from .masks import Calibrate, skip_calibration
from .row_functions import import_function
from .sites import Changes, Site
from .text_prompts import read_words
from .virtual_tokens import VirtualTokens


@dataclass
class Additions:
    """The modules that a configuration adds to a model, beside its linears.

    `prepare` changes nothing; `add` builds and hooks; `remove` undoes all of it, after an error
    within `add` too, and may be called again.
    """

    model: Any
    anatomy: Anatomy
    configuration: Configuration
    changes: Changes
    dropout: float
    reader: Reader | None = None

    @classmethod
    def prepare(
        cls,
        model: nn.Module,
        anatomy: Anatomy,
        configuration: Configuration,
        dropout: float = 0.0,
        reader: Reader | None = None,
    ) -> "Additions":
        """The additions of a configuration that `validation` has found to fit the model."""
        return cls(model, anatomy, configuration, Changes(model), dropout, reader)

    def add(self, seed: int, calibrate: Calibrate = skip_calibration) -> None:
        """Build all modules and let them act.

        Initial values depend on the seed and on the module's name alone; they take the device and
        the dtype of what the module stands beside.

        Args:
            calibrate: Runs training batches, for virtual tokens that start as their words; where
                it is skipped they are random ones, until `load_state`.

        Raises:
            UserError: What builds a technique cannot be imported.
        """
        for row in self._rows():
            build = import_function(row, "build")
            for site in self._sites(row, seed):
                merges = len(self.changes.merges)
                build(site)
                if row.merges and len(self.changes.merges) == merges:
                    raise _unmerging(row)
        if self.configuration.input is not None:
            self._add_tokens(self.configuration.input, seed, calibrate)

    def parameters(self) -> dict[Owner, dict[str, nn.Parameter]]:
        """Added parameters by full name, of each technique at each factor on its learning rate.
        One that several modules share is listed once."""
        found: dict[Owner, dict[str, nn.Parameter]] = {}
        for module, name, child in self.changes.children:
            named = {f"{name}.{inner}": x for inner, x in child.named_parameters()}
            found.setdefault((module.technique, module.rate), {}).update(named)
        return found

    def state(self) -> dict[str, torch.Tensor]:
        """Copies on the CPU, by full name, of what must be saved beside the trained parameters:
        the modules' persistent buffers."""
        return {
            f"{name}.{inner}": tensor.to("cpu", copy=True).contiguous()
            for _, name, child in self.changes.children
            for inner, tensor in _buffers(child).items()
        }

    def load_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Write what `state` gave."""
        for _, name, child in self.changes.children:
            own = {inner: tensors[f"{name}.{inner}"] for inner in _buffers(child)}
            if own:
                child.load_state_dict(own, strict=False)

    def dropping(self) -> list[nn.Module]:
        """Modules that leave something out in training mode."""
        return [x for module, _, x in self.changes.children if technique(module.technique).dropout]

    def merge(self) -> None:
        """Fold the modules into the model's own tensors, for good, and remove them."""
        for fold in self.changes.merges:
            fold()
        self.remove()

    def remove(self) -> None:
        """Give the model back as it was: structure, hooks, config and weights."""
        self.changes.revert()

    def _rows(self) -> list[Technique]:
        """Techniques of our own that the layers carry, in the order in which they act."""
        used = self.configuration.techniques
        rows = (technique(name) for name in TECHNIQUES if name in used)
        built = (row for row in rows if row.build and row.input is None)
        return sorted(built, key=lambda row: row.order)

    def _sites(self, row: Technique, seed: int) -> Iterator[Site]:
        for layer, modules in enumerate(self.configuration.profile):
            stack, _ = self.anatomy.locate(layer)
            name = self.anatomy.layer_name(layer)
            for x in modules:
                if x.technique == row.name:
                    changes, dropout = self.changes, self.dropout
                    yield Site(self.model, self.anatomy, stack, name, x, changes, seed, dropout)

    def _add_tokens(self, module: Module, seed: int, calibrate: Calibrate) -> None:
        words, base = self.model.get_input_embeddings(), self.model.base_model
        inner = "" if base is self.model else f"{self.model.base_model_prefix}."
        name = f"{inner}virtual_tokens"
        row = technique(module.technique)
        _, capacity, *read = input_sizes(row, self.anatomy, module.capacity)
        prompt = import_function(row, "build")(capacity, words, stream(seed, name), *read)
        self.changes.put(module, name, prompt, words)
        reader = self.reader if read else None
        if reader is not None:
            reader.watch(self.model)
        self.changes.hook(VirtualTokens(base, words, prompt, self.anatomy.causal, reader).hook())
        if row.calibrates and calibrate is not skip_calibration:
            prompt.start(read_words(base, prompt, calibrate), stream(seed, f"{name} rows"))


def _buffers(child: nn.Module) -> dict[str, torch.Tensor]:
    """Of a module, those that are saved with it."""
    trained = dict(child.named_parameters())
    return {name: x for name, x in child.state_dict().items() if name not in trained}


def _unmerging(row: Technique) -> UserError:
    return UserError(
        f"a builder that says how {row.name} merges",
        f"{row.build}, which never calls site.merge",
        "call it, or write merges=False in the row",
    )
