"""Whether a technique can act on a model's layers, and if not, why: known before any training."""

from collections.abc import Iterable, Iterator

from peftsearch.spaces.families.anatomy import FUSED, Anatomy, Linear, Stack

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


def find_stack_obstacle(
    row: Technique, stack: Stack, roles: Iterable[str], capacity: int
) -> str | None:
    """Why layers of this stack cannot carry the technique; None where they can."""
    return next(_reasons(row, stack, tuple(roles), capacity), None)


def _reasons(row: Technique, stack: Stack, roles: tuple[str, ...], capacity: int) -> Iterator[str]:
    # The layers of a decoder that attends to an encoder read the answer, of which each place may
    # know what stands before it alone.
    if row.reads_text and "cross_query" in stack.linears:
        yield "its decoder reads what it is to predict"
    if reason := row.layer_restriction(stack, capacity):
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
    reason = row.restriction(linear, capacity)
    return f"{role}: {reason}" if reason else None


def find_obstacle(
    row: Technique, anatomy: Anatomy, roles: Iterable[str], capacity: int
) -> str | None:
    """Why the layers of some stack of a model cannot carry the technique; None where all can."""
    aimed = tuple(row.roles or roles)
    reasons = (find_stack_obstacle(row, stack, aimed, capacity) for stack in anatomy.stacks)
    return next((reason for reason in reasons if reason), None)


def usable_capacities(
    row: Technique, ladder: Iterable[int], anatomy: Anatomy, role_sets: Iterable[tuple[str, ...]]
) -> tuple[int, ...]:
    """Those capacities of a ladder that fit every layer in every role set; 0 (absent) is kept."""
    sets = list(role_sets)
    return tuple(
        capacity
        for capacity in ladder
        if capacity == 0 or not any(find_obstacle(row, anatomy, x, capacity) for x in sets)
    )


def find_input_obstacle(anatomy: Anatomy) -> str | None:
    """What about a model rules virtual tokens out; None where it takes them."""
    if anatomy.embedding is None:
        return "no token embeddings"
    return "an encoder and a decoder" if len(anatomy.stacks) > 1 else None
