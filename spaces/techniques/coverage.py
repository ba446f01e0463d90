"""Which model families can carry a technique: the decision of validation, for a usual size."""

from functools import cache

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import FAMILIES, read_anatomy

from .applicability import find_input_obstacle, find_obstacle
from .technique import Technique

_SIZES = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "head_dim": 64,
    "d_model": 768,
    "d_ff": 3072,
    "num_layers": 12,
    "num_heads": 12,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "dim": 768,
    "hidden_dim": 3072,
    "n_layers": 12,
    "n_heads": 12,
    "embedding_size": 768,
}
"""Of a base model, under every name that a family has for them."""


@cache
def usual_anatomy(family: str) -> Anatomy:
    """Anatomy of a base-sized model of the family, for its first kind of task."""
    return read_anatomy(_SIZES | {"model_type": family}, FAMILIES[family].kinds[0])


def families_of(row: Technique) -> tuple[str, ...]:
    """The families whose layers can carry the technique at some capacity of its ladder."""
    return tuple(family for family in FAMILIES if _fits(row, usual_anatomy(family)))


def _fits(row: Technique, anatomy: Anatomy) -> bool:
    if row.input is not None:
        return find_input_obstacle(anatomy) is None
    if row.roles is not None and not anatomy.linears.keys() & set(row.roles):
        return False
    sizes = row.capacities or (0,)
    return any(find_obstacle(row, anatomy, anatomy.linears, size) is None for size in sizes)
