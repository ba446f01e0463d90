"""Tiny models with padded batches, and adding modules to them for the length of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.own_rows import OWN_ROWS
from peftsearch.workers.adapters.additions import Additions

from .families import IMAGE_SIZE, build_model

MODELS = {
    "bert": "classification",
    "modernbert": "classification",
    "llama": "classification",
    "gpt2": "causal_lm",
    "t5": "seq2seq",
    "vit": "image_classification",
}
SIZE = 4
LENGTHS = (9, 5, 7)
ROWS = {row.name: row for row in OWN_ROWS}


@dataclass(frozen=True)
class Subject:
    """A tiny model, and a padded batch for it."""

    model: Any
    anatomy: Anatomy
    batch: dict[str, torch.Tensor]

    def predict(self) -> torch.Tensor:
        with torch.no_grad():
            logits: torch.Tensor = self.model(**self.batch).logits
        return logits

    def configure(self, *modules: Module, token: Module | None = None) -> Configuration:
        """The modules in the layers that can carry them, the lowest layer left out."""
        kept = tuple(
            layer
            for layer in range(1, self.anatomy.layers)
            if not any(_obstacle(x.technique, self.anatomy, layer) for x in modules)
        )
        return Configuration((Stratum(0, self.anatomy.layers, modules, kept),), 1e-3, token)

    def only(self, technique: str) -> Configuration:
        module = Module(technique, SIZE)
        is_input = ROWS[technique].input is not None
        return self.configure(token=module) if is_input else self.configure(module)


def _obstacle(technique: str, anatomy: Anatomy, layer: int) -> str | None:
    row = ROWS.get(technique)
    return find_stack_obstacle(row, anatomy.locate(layer)[0], (), SIZE) if row else None


def make_subject(family: str, kind: str, **changes: Any) -> Subject:
    padded = {"pad_token_id": 0} if family in ("llama", "gpt2", "mistral") else {}
    model = build_model(family, kind, **padded, **changes).eval().requires_grad_(False)
    batch = make_words()
    if kind == "image_classification":
        shape = (3, 3, IMAGE_SIZE, IMAGE_SIZE)
        batch = {"pixel_values": torch.randn(shape, generator=make_generator())}
    if kind == "seq2seq":
        batch["labels"] = batch["input_ids"]
    return Subject(model, read_anatomy(model.config.to_dict(), kind), batch)


def make_words(lengths: tuple[int, ...] = LENGTHS) -> dict[str, torch.Tensor]:
    ids = torch.randint(4, 32, (len(lengths), max(lengths)), generator=make_generator())
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    return {"input_ids": ids * mask, "attention_mask": mask}


def make_generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@contextmanager
def added(subject: Subject, configuration: Configuration, seed: int = 0) -> Iterator[Additions]:
    additions = Additions.prepare(subject.model, subject.anatomy, configuration)
    try:
        additions.add(seed)
        yield additions
    finally:
        additions.remove()


def trained(additions: Additions) -> dict[str, nn.Parameter]:
    return {k: v for group in additions.parameters().values() for k, v in group.items()}


def shake(additions: Additions, scale: float = 0.3) -> dict[str, nn.Parameter]:
    """Move all parameters, as training would."""
    generator, parameters = make_generator(1), trained(additions)
    for parameter in parameters.values():
        parameter.data += scale * torch.randn(parameter.shape, generator=generator)
    return parameters


def trace(model: Any) -> list[Any]:
    """Modules, their hooks and configs."""
    found: list[Any] = []
    for name, module in model.named_modules():
        hooks = {k: len(v) for k, v in vars(module).items() if k.endswith(("_hooks", "_kwargs"))}
        config = dict(vars(module.config)) if hasattr(module, "config") else None
        found.append((name, type(module), list(vars(module)), hooks, config))
    return found
