"""One `peft` configuration for a whole adapter, where there is one, and its folder.

`peft` has no mixture of families and no BitFit of its own; what one of its configurations can say
is: one LoRA-like technique with any ranks in any linears, with or without biases; IA3 alone; the
norms alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import peft
import torch
from torch import nn

from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.techniques import technique

from .backbone import Backbone
from .injection import injected_groups, match_names, peft_config
from .quiet import quiet_peft

_TASK = "SEQ_CLS"
_PREFIX = "base_model.model."
_INTERNAL = {"base_layer", "default", "modules_to_save", "ln_tuning_layers"}


def express(configuration: Configuration, anatomy: Anatomy, heads: tuple[str, ...]) -> Any | None:
    """The `peft` configuration that means this adapter; None where no single one does."""
    used = {module.technique for modules in configuration.profile for module in modules}
    common: dict[str, Any] = {"task_type": _TASK, "modules_to_save": list(heads)}
    injected = {name for name in used if technique(name).injects}
    if used == {"ln_tuning"}:
        return peft.LNTuningConfig(target_modules=_norms(configuration, anatomy), **common)
    if len(injected) != 1 or not used <= injected | {"bitfit"}:
        return None
    (name,) = injected
    if technique(name).peft == "IA3Config":
        return _ia3(configuration, anatomy, common) if used == {name} else None
    return _lora(configuration, anatomy, common | {"bias": "all" if len(used) > 1 else "none"})


def write_peft(
    folder: Path, backbone: Backbone, config: Any, tensors: Mapping[str, torch.Tensor]
) -> None:
    """Write a folder that `PeftModel.from_pretrained` loads. Uses the backbone up.

    Args:
        config: What `express` gave.
        tensors: Adapter and head by full name.
    """
    config.base_model_name_or_path = str(backbone.folder)
    with quiet_peft():
        model = peft.get_peft_model(backbone.model, config)
    parameters = _public_parameters(model)
    for name, tensor in tensors.items():
        parameters[name].data.copy_(tensor)
    model.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)  # an empty template


def read_peft(folder: Path, backbone: Backbone) -> peft.PeftModel:
    """What `write_peft` wrote, on a fresh backbone."""
    with quiet_peft():
        return peft.PeftModel.from_pretrained(backbone.model, str(folder))


def _norms(configuration: Configuration, anatomy: Anatomy) -> str:
    layers = [layer for layer, modules in enumerate(configuration.profile) if modules]
    names = [anatomy.module(layer, norm.path) for layer in layers for norm in anatomy.norms]
    return match_names(names)


def _ia3(configuration: Configuration, anatomy: Anatomy, common: Mapping[str, Any]) -> Any:
    ((group, names),) = injected_groups(configuration, anatomy).items()
    return _with(peft_config(group, names, anatomy), common)


def _lora(configuration: Configuration, anatomy: Anatomy, common: Mapping[str, Any]) -> Any:
    """Alpha is constant in the rank, so that ranks alone need a pattern."""
    groups = injected_groups(configuration, anatomy)
    names = [name for group in groups.values() for name in group]
    config = peft_config(next(iter(groups)), names, anatomy)
    ranks = {match_names([x]): rank for (_, rank), group in groups.items() for x in group}
    return _with(config, dict(common) | {"rank_pattern": ranks})


def _with(config: Any, changes: Mapping[str, Any]) -> Any:
    for name, value in changes.items():
        setattr(config, name, value)
    return config


def _public_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters by the name that they have in the model without `peft`; of a base tensor and
    the copy that `peft` trains in its place, the copy."""
    found: dict[str, nn.Parameter] = {}
    copies: dict[str, nn.Parameter] = {}
    for name, parameter in model.named_parameters():
        parts = name.removeprefix(_PREFIX).split(".")
        if "original_module" in parts:
            continue
        public = ".".join(part for part in parts if part not in _INTERNAL)
        copied = "ln_tuning_layers" in parts or "modules_to_save" in parts
        (copies if copied else found)[public] = parameter
    return found | copies
