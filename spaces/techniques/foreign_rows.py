"""Techniques of other packages: what their rows compute is checked wherever it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import wraps
from numbers import Integral
from typing import Any

from peftsearch.errors import ANYTHING, UserError
from peftsearch.message_text import show
from peftsearch.spaces.families.anatomy import Anatomy, Stack

from .applicability import find_stack_obstacle
from .coverage import families_of, usual_anatomy
from .technique import Technique


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0


def _is_reason(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_sizes(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_count, value.values()))


_COUNT, _REASON = ("a whole number of at least 0", _is_count), ("a text or None", _is_reason)
_SIZES = ("sizes by the paths of tensors", _is_sizes)
_ARGUMENTS = ("keyword arguments", lambda value: isinstance(value, Mapping))
_RESULTS = {
    **dict.fromkeys(("linear", "layer", "shared", "input", "stored", "held"), _COUNT),
    **dict.fromkeys(("restriction", "layer_restriction"), _REASON),
    "tensors": _SIZES,
    "arguments": _ARGUMENTS,
}
"""What each function of a row gives: in words, and whether a value is that."""


def adopt(row: Technique, package: str) -> Technique:
    """The row with its functions checked, once each has answered for models of usual sizes.

    Args:
        package: Name and version of what adds it.

    Raises:
        UserError: One of them raises, or gives something else; so does the adopted row later.
    """
    checked = {
        x.name: _checked(getattr(row, x.name), x.name, row.name, package)
        for x in fields(row)
        if x.name in _RESULTS and getattr(row, x.name) is not None
    }
    adopted = replace(row, **checked)
    for family in families_of(adopted):
        _ask(adopted, usual_anatomy(family))
    return adopted


def _checked(function: Callable[..., Any], part: str, name: str, package: str) -> Any:
    wanted, fits = _RESULTS[part]

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            value = function(*arguments)
            if fits(value):
                return value
            got = show(value)
        except ANYTHING as error:
            got = f"{type(error).__name__}: {error}"
        expected = f"{wanted} from `{part}` of the technique {name} ({package})"
        raise UserError(expected, got, f"update or uninstall {package.split()[0]}")

    return call


def _ask(row: Technique, anatomy: Anatomy) -> None:
    """What a search asks of a row, wherever it fits."""
    for capacity in row.capacities or (0,):
        row.arguments(capacity)
        if row.shared is not None:
            row.shared(capacity)
        if row.input is not None:
            row.input(anatomy.hidden, capacity)
        for stack in anatomy.stacks:
            _ask_stack(row, stack, capacity)


def _ask_stack(row: Technique, stack: Stack, capacity: int) -> None:
    if row.layer is not None and not row.layer_restriction(stack, capacity):
        row.layer(stack, capacity)
    counts = [x for x in (row.linear, row.stored, row.held) if x is not None]
    for role, linear in stack.linears.items():
        if find_stack_obstacle(row, stack, (role,), capacity) is None:
            for count in counts:
                count(linear, role, capacity)
