"""One `peft` configuration for a whole adapter, where there is one, and its folder.

`peft` has no mixture of families and no BitFit of its own; what one of its configurations can say
is: one technique of its own at one size, of LoRA-like ones any ranks in any linears, with or
without biases; the norms alone. Rows say so of themselves (`exports` and what goes with it).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import peft
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.groups import Group, in_peft, injected_groups, peft_row
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import Technique, technique
from peftsearch.workers.adapters.base_tensors import trained_base_tensors
from peftsearch.workers.adapters.injection import calm_peft, injected_parameters
from peftsearch.workers.adapters.peft_configs import match_names, peft_config
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.runtime.quiet import quiet_peft

from .peft_translation import translate
from .tensor_files import leave_out

Groups = Mapping[Group, list[str]]
PEFT_TENSORS = "adapter_model.safetensors"
BASE_FOLDER = "path/to/the/base/model"
"""In place of the folder of a base model that no hub has."""
_CONFIG = "adapter_config.json"
_PREFIX = "base_model.model."
_INTERNAL = {"base_layer", "default", "modules_to_save", "ln_tuning_layers"}


def express(
    configuration: Configuration, anatomy: Anatomy, heads: tuple[str, ...], dropout: float = 0.0
) -> Any | None:
    """The `peft` configuration that means this adapter; None where no single one does.

    Args:
        dropout: With which it was trained.
    """
    configuration = in_peft(configuration)
    row = peft_row(configuration)
    if row is None:
        return None
    beside = (technique(name).beside_peft for name in configuration.techniques - {row.name})
    common: dict[str, Any] = {"modules_to_save": list(heads)} if heads else {}
    common |= row.saved.lean if row.saved else {}
    for options in beside:
        common |= options[str(row.peft)]
    if row.writes_base:
        return _tensors(row, configuration, anatomy, common)
    groups = injected_groups(configuration, anatomy)
    if row.capacity_pattern:
        return _patterned(row.capacity_pattern, groups, anatomy, common, dropout)
    ((group, names),) = groups.items()
    return _with(peft_config(group, names, anatomy, dropout), common)


def write_peft(
    folder: Path,
    backbone: Backbone,
    configuration: Configuration,
    tensors: Mapping[str, torch.Tensor],
    dropout: float = 0.0,
    base: str = BASE_FOLDER,
) -> None:
    """Write a folder that `PeftModel.from_pretrained` loads, without what it makes again by
    itself. Uses the backbone up.

    Args:
        configuration: One that `express` can say.
        tensors: Adapter and head by full name.
        dropout: With which they were trained.
        base: What others know the base model by: no folder of this machine.
    """
    configuration, tensors = translate(backbone, configuration, tensors)
    config: Any = express(configuration, backbone.anatomy, backbone.heads, dropout)
    config.task_type = find_kind(backbone.kind).form.peft_task
    with quiet_peft():
        model = peft.get_peft_model(backbone.model, config)
    inner = model.base_model.model
    wrapped = [name for name, x in inner.named_modules() if isinstance(x, BaseTunerLayer)]
    # What several linears share has one name with us, and one at each of them with `peft`.
    places = _public_parameters(model) | injected_parameters(inner, wrapped)
    held = {public_name(name): buffer for name, buffer in model.named_buffers()}
    for name, tensor in tensors.items():
        place = places[name] if name in places else held[name]
        if place.dtype == torch.bfloat16:
            place.data = place.data.float()  # what is trained is kept whole
        place.data.copy_(tensor)
    model.save_pretrained(str(folder))
    _name_base(folder / _CONFIG, base)
    (folder / "README.md").unlink(missing_ok=True)  # an empty template
    leave_out(folder / PEFT_TENSORS, lambda name: _needless(name, configuration, tensors))


def _name_base(path: Path, base: str) -> None:
    """Put a name in place of the folder, which `peft` writes and reads as it saves."""
    written = json.loads(path.read_text(encoding="utf-8"))
    named = {**written, "base_model_name_or_path": base}
    path.write_text(json.dumps(named, indent=2, sort_keys=True), encoding="utf-8")


def read_peft(folder: Path, backbone: Backbone) -> peft.PeftModel:
    """What `write_peft` wrote, on a fresh backbone."""
    with quiet_peft(), calm_peft():
        return peft.PeftModel.from_pretrained(backbone.model, str(folder))


def _needless(name: str, configuration: Configuration, tensors: Mapping[str, Any]) -> bool:
    """Whether a plain model, or `peft` itself, has the same without it: what a seed gives, and of
    all the model's biases, which `peft` saves together, those that nobody trained and the head's,
    which it saves with the head once more."""
    row = peft_row(configuration)
    remade = row.saved.remade if row and row.saved else ()
    untrained = name.endswith(".bias") and public_name(name) not in tensors
    return untrained or ".modules_to_save." in name or name.endswith(remade)


def _tensors(
    row: Technique, configuration: Configuration, anatomy: Anatomy, common: Mapping[str, Any]
) -> Any:
    """The modules that hold the trained tensors; `peft` trains all of each."""
    names = {
        name.rpartition(".")[0]: None for name in trained_base_tensors(configuration, anatomy)
    }
    return _with(peft_config((row.name, 0, 1.0), list(names), anatomy), common)


def _patterned(
    pattern: str, groups: Groups, anatomy: Anatomy, common: Mapping[str, Any], dropout: float
) -> Any:
    """One technique at any sizes: all else is constant, so that sizes alone need a pattern."""
    names = [name for group in groups.values() for name in group]
    config = peft_config(next(iter(groups)), names, anatomy, dropout)
    sizes = {match_names([x]): size for (_, size, _), group in groups.items() for x in group}
    return _with(config, {**common, pattern: sizes})


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
        copied = "ln_tuning_layers" in parts or "modules_to_save" in parts
        (copies if copied else found)[public_name(name)] = parameter
    return found | copies


def public_name(name: str) -> str:
    """Name of a tensor in the model without `peft`, from the one that `peft` has for it."""
    parts = name.removeprefix(_PREFIX).split(".")
    return ".".join(part for part in parts if part not in _INTERNAL)
