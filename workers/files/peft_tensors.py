"""Whether the file of an adapter that `peft` saved holds exactly what its configuration says."""

from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.weight_files import weight_files
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import Technique

from .peft_folders import PeftFolder
from .peft_format import public_name
from .peft_matching import rows_of

LEAVE = "no configuration means the same: leave this folder out"
_MODEL = "base_model."
_FROZEN = ".original_module."
"""Within the name of what a head was before the training."""


def check_tensors(
    folder: PeftFolder, configuration: Configuration, anatomy: Anatomy, heads: tuple[str, ...]
) -> dict[str, tuple[int, ...]]:
    """Shapes of the head's tensors, by their names in the model without `peft`; all others are
    the configuration's, to the last one.

    Args:
        heads: Names of the modules that the model's head may consist of.

    Raises:
        UserError: Another tensor is there, or one lacks or has another shape.
    """
    wanted, shapes = weight_files(anatomy).tensors(configuration, "peft"), folder.shapes
    for name, tensor in wanted.items():
        if shapes.get(name) != tensor.shape:
            got = f"{list(shapes[name])}" if name in shapes else "no such tensor in its file"
            hint = "it is an adapter of another model, or its two files do not belong together"
            raise UserError(f"{name} of shape {list(tensor.shape)}", got, hint)
    rest = [name for name in shapes if name not in wanted and not _remade(name, folder)]
    starts = tuple(f"{head}." for head in heads)
    layers = tuple(f"{anatomy.layer_name(layer)}." for layer in range(anatomy.layers))
    named = {x: public_name(x) for x in rest}
    strange = (k for k, x in named.items() if x.startswith(layers) or not x.startswith(starts))
    if first := min(strange, default=""):
        expected = "no tensors but those of its technique and the head"
        raise UserError(expected, first, LEAVE)
    return {x: shapes[k] for k, x in named.items() if _FROZEN not in x}


def _remade(name: str, folder: PeftFolder) -> bool:
    """Whether `peft` would make a tensor again by itself: what a seed gives, which a file holds
    once for the model or at each linear."""
    for row in rows_of(folder.config):
        if row.saved and name.endswith(row.saved.remade or ("\n",)):
            return True
        if row.saved and row.saved.lean:
            alike = f"{_MODEL}{name.rpartition('.')[2]}"
            if alike in folder.shapes and _saves(row, folder.config):
                return True
    return False


def _saves(row: Technique, config: Any) -> bool:
    lean = row.saved.lean if row.saved else {}
    return any(getattr(config, name) != value for name, value in lean.items())
