"""Shapes of a layer's own tensors, as files have them."""

import math

from peftsearch.spaces.families.anatomy import Linear, Stack


def shape_of(stack: Stack, path: str, size: int) -> tuple[int, ...]:
    """Shape of a tensor of a layer.

    Args:
        path: Relative to the layer.
        size: How many numbers it holds.
    """
    owner, _, name = path.rpartition(".")
    linear = next((x for x in stack.linears.values() if x.path == owner), None)
    if linear is not None and name == "weight":
        return _matrix(linear)
    named = path in stack.others
    side = math.isqrt(size)
    if named and name == "weight" and side * side == size:  # of relative positions, of heads
        return side, side
    return (size,)


def _matrix(linear: Linear) -> tuple[int, int]:
    shape = linear.outputs, linear.inputs
    return shape[::-1] if linear.transposed else shape
