"""Where in a layer gradients end: its linears in the order in which it computes them."""

from peftsearch.spaces.families.anatomy import Stack
from peftsearch.spaces.techniques.table import technique

from .configuration import Module

_STAGES = (
    ("query", "key", "value", "query_key_value"),
    ("attention_output",),
    ("cross_query",),
    ("cross_key", "cross_value"),
    ("cross_output",),
    ("mlp_in", "mlp_gate", "mlp_gate_in"),
    ("mlp_out",),
)
_ORDER = {role: stage for stage, roles in enumerate(_STAGES) for role in roles}
MEMORY = ("cross_key", "cross_value")
"""Roles that read what an encoder gave."""
_START = -1
_FUSED = 2.5
"""Times the two products of attention: a fused kernel computes the scores once more."""


def stage_of(role: str) -> int:
    """When a layer computes a linear."""
    return _ORDER[role]


def first_stage(
    modules: tuple[Module, ...], stack: Stack, index: int, before: bool, heard: bool
) -> int:
    """The earliest stage whose outputs have gradients; -1 where those of what the first linears
    read are needed too.

    Args:
        before: Whether a norm stands before attention.
        heard: Whether what the encoder gave has gradients.
    """
    changed = [stage for module in modules for stage in _changed(module, stack, index, before)]
    return min([*changed, _ORDER["cross_key"]] if heard else changed)


def attention_gradients(
    modules: tuple[Module, ...] | None, stack: Stack, first: int, fused: bool
) -> float:
    """Products of attention's backward pass, as a factor of those of its forward pass.

    Args:
        modules: Of the lowest adapted layer; None of the others, where all gradients are needed.
        first: The earliest stage that is adapted.
        fused: Whether one kernel computes all gradients, needed or not.
    """
    if first > _ORDER["query"]:
        return 0.0
    if fused:
        return _FUSED
    if modules is None or first < _ORDER["query"]:
        return 2.0
    roles = {role for module in modules for role in _aimed(module, stack)}
    query, key, value = (bool(roles & {x, "query_key_value"}) for x in ("query", "key", "value"))
    return (query + key + value + (query or key)) / 2


def _aimed(module: Module, stack: Stack) -> list[str]:
    """Roles of the linears whose outputs a module changes."""
    row = technique(module.technique)
    if row.tensors is None:
        return [role for role in module.roles if role in stack.linears]
    trained = {path.rpartition(".")[0] for path in row.tensors(stack, 0)}
    return [role for role, x in stack.linears.items() if x.path in trained]


def _changed(module: Module, stack: Stack, index: int, before: bool) -> list[int]:
    row = technique(module.technique)
    if row.layer is not None:
        return [_ORDER[row.products.after]]
    if row.tensors is None:
        return [_ORDER[role] for role in module.roles if role in stack.linears]
    paths = {x.path: _ORDER[role] for role, x in stack.linears.items()}
    trained = [path.rpartition(".")[0] for path in row.tensors(stack, index)]
    norm = _START if before else _ORDER["attention_output"]
    return [paths.get(path, norm) for path in trained]
