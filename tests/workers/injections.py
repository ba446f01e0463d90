"""Tiny models with the techniques of `peft` injected, made wide enough for each of them."""

from functools import cache
from typing import Any

import torch
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.groups import injected_groups
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.adapters.injection import Injection
from peftsearch.workers.adapters.masks import Calibrate

from .families import IMAGE_SIZE, VISION, build_model, make_config

ROWS = [row for row in TECHNIQUES.values() if row.injects and row.peft]
T5 = {"d_model": 64, "d_kv": 16, "d_ff": 128}
CHANGES: dict[str, dict[str, Any]] = {
    "distilbert": {"dim": 64, "hidden_dim": 128},
    "gpt2": {"n_embd": 64, "n_inner": 128},
    "t5": T5,
    "mt5": T5,
}
WIDE = {"hidden_size": 64, "intermediate_size": 128}


def _kind(family: str) -> str:
    return "image_classification" if family in VISION else "classification"


@cache
def anatomy_of(family: str) -> Anatomy:
    """From the configuration alone: tests are chosen by it while they are collected."""
    return read_anatomy(make_config(family, **_changes(family)).to_dict(), _kind(family))


def _changes(family: str) -> dict[str, Any]:
    return CHANGES.get(family, WIDE) | ({} if family in VISION else {"pad_token_id": 0})


def make_model(family: str) -> Any:
    model = build_model(family, _kind(family), **_changes(family)).eval()
    return model.requires_grad_(False)


def _modules(name: str, anatomy: Anatomy) -> list[Module]:
    """One module for each of the two smallest capacities, on all roles that take both."""
    row, stacks = TECHNIQUES[name], anatomy.stacks
    roles = [x for x in row.roles or tuple(anatomy.linears) if x in anatomy.linears]
    found: list[Module] = []
    for capacity in row.capacities or (0,):
        fit = tuple(
            x
            for x in roles
            if not any(find_stack_obstacle(row, s, (x,), capacity) for s in stacks)
        )
        found += [Module(name, capacity, fit)] if fit else []
    return found[:2]


def configure(name: str, anatomy: Anatomy) -> Configuration | None:
    """Layer 0 frozen, then both capacities; None where the row fits no linear."""
    modules = _modules(name, anatomy)
    if not modules:
        return None
    strata = (
        Stratum(0, 1),
        Stratum(1, 2, (modules[0],)),
        Stratum(2, anatomy.layers, (modules[-1],)),
    )
    return Configuration(strata, 1e-3)


def make_mixture(part: int, anatomy: Anatomy) -> Configuration:
    """A third of all rows at once, each on one role of one layer that it fits."""
    free = [(layer, role) for layer in range(anatomy.layers) for role in sorted(anatomy.linears)]
    carried: list[list[Module]] = [[] for _ in range(anatomy.layers)]
    for row in ROWS[part::3]:
        for layer, role in free:
            fits = [x for x in _modules(row.name, anatomy) if role in x.roles]
            if fits:
                carried[layer].append(Module(row.name, fits[0].capacity, (role,)))
                free.remove((layer, role))
                break
    strata = tuple(Stratum(i, i + 1, tuple(modules)) for i, modules in enumerate(carried))
    return Configuration(strata, 1e-3)


def _batch(family: str) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    if family in VISION:
        return {"pixel_values": torch.randn(6, 3, IMAGE_SIZE, IMAGE_SIZE, generator=draw)}
    tokens = torch.randint(3, 32, (6, 9), generator=draw)
    tokens[:, -1] = 2  # T5 classifies by its last end token
    return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}


def compute_loss(model: Any, family: str) -> Any:
    return model(**_batch(family), labels=torch.arange(6) % 2).loss


def predict(model: Any, family: str) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = model(**_batch(family)).logits
    return logits


def inject(
    model: Any,
    family: str,
    configuration: Configuration,
    seed: int,
    calibrate: Calibrate | None = None,
) -> Injection:
    """Ready to train: calibrated on the batch, and nothing but its parameters trained."""
    groups = injected_groups(configuration, anatomy_of(family))
    injection = Injection.prepare(model, groups)
    calibrate = calibrate or (lambda: compute_loss(model, family).backward())
    injection.inject(groups, anatomy_of(family), seed, calibrate)
    model.requires_grad_(False)
    for parameter in parameters_of(injection, configuration, family).values():
        parameter.requires_grad_(True)
    return injection


def parameters_of(
    injection: Injection, configuration: Configuration, family: str
) -> dict[str, nn.Parameter]:
    groups = injected_groups(configuration, anatomy_of(family))
    return {k: p for x in groups.values() for k, p in injection.parameters(x).items()}


def train(model: Any, family: str, parameters: dict[str, nn.Parameter]) -> None:
    optimizer = torch.optim.Adam(parameters.values(), lr=1e-2)
    for _ in range(3):
        compute_loss(model, family).backward()
        optimizer.step()
        optimizer.zero_grad()


def structure_of(model: Any) -> list[Any]:
    modules = [
        (name, id(x), type(x), x.training, sorted(vars(x)), len(x._forward_hooks))
        for name, x in model.named_modules()
    ]
    return modules + [(name, id(x), x.requires_grad) for name, x in model.named_parameters()]


def values_of(model: Any) -> dict[str, torch.Tensor]:
    return {name: x.clone() for name, x in model.state_dict().items()}
