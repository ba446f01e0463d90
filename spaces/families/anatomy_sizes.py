"""Sizes of a model that no machine holds, refused before anybody computes with them."""

from collections.abc import Iterator

from peftsearch.errors import UserError

from .anatomy import Anatomy, Stack

MOST_LAYERS = 1_000
"""The deepest published model that we know of has as many; memory and time of a search grow with
them."""
MOST_PARAMETERS = 10**13
"""Of all layers: 40 TB in float32, ten times the largest published model."""


def check_sizes(anatomy: Anatomy) -> Anatomy:
    """The anatomy, where a machine could hold such a model.

    Raises:
        UserError: A size is less than 1, or there are more layers or weights than that.
    """
    smallest = min(_sizes(anatomy))
    if smallest < 1:
        raise UserError("layers of at least size 1", f"{smallest}", "correct the config.json")
    if anatomy.layers > MOST_LAYERS:
        expected = f"a model of at most {MOST_LAYERS:,} layers"
        raise UserError(expected, f"{anatomy.layers:,}", "correct the config.json")
    weights = sum(stack.layers * sum(stack.weights().values()) for stack in anatomy.stacks)
    if weights > MOST_PARAMETERS:
        expected = "a model that a machine could hold"
        got = f"layers of {weights:.1e} weights"
        raise UserError(expected, got, "correct the sizes in the config.json")
    return anatomy


def _sizes(anatomy: Anatomy) -> Iterator[int]:
    yield anatomy.hidden
    for stack in anatomy.stacks:
        yield from _sizes_of(stack)


def _sizes_of(stack: Stack) -> Iterator[int]:
    yield stack.layers
    for linear in stack.linears.values():
        yield from (linear.inputs, linear.outputs)
    yield from (norm.size for norm in stack.norms)
    yield from stack.others.values()
