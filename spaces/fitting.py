"""Whether a technique can act on a model's layers, and if not, why: known before any training."""

from collections.abc import Iterable, Iterator

from .anatomy import FUSED, Anatomy, Linear, Stack
from .technique import Technique


def resolve_roles(roles: Iterable[str], anatomy: Anatomy) -> tuple[str, ...]:
    """The roles that the family has for these: where it fuses several into one matrix, that one;
    where a decoder looks at an encoder, cross-attention with attention. Sorted."""
    known = anatomy.linears
    found: set[str] = set()
    for role in roles:
        fused = (whole for whole, parts in FUSED.items() if role in parts)
        found.update(x for x in (role, f"cross_{role.removeprefix('attention_')}", *fused))
    return tuple(sorted(x for x in found if x in known))


def misfit(row: Technique, stack: Stack, roles: Iterable[str], capacity: int) -> str | None:
    """Why layers of this stack cannot carry the technique; None where they can."""
    return next(_reasons(row, stack, tuple(roles), capacity), None)


def _reasons(row: Technique, stack: Stack, roles: tuple[str, ...], capacity: int) -> Iterator[str]:
    if reason := row.layer_misfit(stack, capacity):
        yield reason
    if row.tensors is not None and not any(row.tensors(stack, i) for i in range(stack.layers)):
        yield "its layers have no such tensors"
    if not row.injects:
        return
    for role in roles:
        if role in stack.linears and (
            reason := _refusal(row, role, stack.linears[role], capacity)
        ):
            yield reason


def _refusal(row: Technique, role: str, linear: Linear, capacity: int) -> str | None:
    if linear.transposed and not row.transposed:
        return f"{role} stores its weight transposed"
    if role in FUSED and not row.fused:
        return f"{role} fuses {', '.join(FUSED[role])} in one matrix"
    reason = row.misfit(linear, capacity)
    return f"{role}: {reason}" if reason else None


def usable_capacities(
    row: Technique, ladder: Iterable[int], anatomy: Anatomy, role_sets: Iterable[tuple[str, ...]]
) -> tuple[int, ...]:
    """Those capacities of a ladder that fit every layer in every role set; 0 (absent) is kept."""
    sets = [row.roles] if row.roles else list(role_sets)

    def fits(capacity: int) -> bool:
        return not any(
            misfit(row, stack, roles, capacity) for stack in anatomy.stacks for roles in sets
        )

    return tuple(capacity for capacity in ladder if capacity == 0 or fits(capacity))
