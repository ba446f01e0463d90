"""Techniques of other packages: what their rows compute is checked wherever it is asked for."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from functools import wraps
from numbers import Integral
from typing import Any, TypeVar

from peftsearch.errors import ANYTHING
from peftsearch.extensions import broken
from peftsearch.message_text import show
from peftsearch.spaces.families.anatomy import Anatomy, Stack

from .activations import Activations
from .applicability import find_stack_obstacle
from .coverage import families_of, usual_anatomy
from .products import Products
from .saved import TYPES, Saved, Tensor
from .technique import Technique

GROUP = "peftsearch.techniques"
"""Of the entry points by which other packages add rows."""

Held = TypeVar("Held", Technique, Saved)
_Result = tuple[str, Callable[[Any], bool]]
"""What a function gives: in words, and whether a value is that."""


_MOST = 2**53
"""What any count stays below, so that it is exact as a float."""


def _is_count(value: Any) -> bool:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and 0 <= int(value) < _MOST


def _is_reason(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_sizes(value: Any) -> bool:
    return _has_names(value) and all(map(_is_count, value.values()))


def _has_names(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(x, str) for x in value)


def _is_tensors(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_is_tensor, value))


def _is_tensor(value: Any) -> bool:
    named = isinstance(value, Tensor) and isinstance(value.name, str) and value.type in TYPES
    return named and isinstance(value.shape, tuple) and all(map(_is_count, value.shape))


_COUNT, _REASON = ("a whole number of at least 0", _is_count), ("a text or None", _is_reason)
_SIZES = ("sizes by the paths of tensors", _is_sizes)
_ARGUMENTS = ("keyword arguments", _has_names)
_RESULTS = {
    **dict.fromkeys(("linear", "layer", "shared", "input", "stored", "held"), _COUNT),
    **dict.fromkeys(("of_sequence", "of_batch"), _COUNT),
    **dict.fromkeys(("restriction", "layer_restriction"), _REASON),
    "tensors": _SIZES,
    "arguments": _ARGUMENTS,
}
"""By the functions of a row."""
_SAVED = dict.fromkeys((x.name for x in fields(Saved)), ("a tuple of `Tensor`", _is_tensors))


def adopt(row: Technique) -> Technique:
    """The row with its functions checked, once each has answered for models of usual sizes.

    Raises:
        UserError: One of them raises, or gives something else; so does the adopted row later. Or a
            factor of what it keeps or multiplies is negative.
    """
    for factors in (row.activations, row.products, row.dropping):
        if factors is not None:
            _check_factors(row, factors)
    if row.saved is not None:
        row = replace(row, saved=_checked_all(row.saved, row.name, "saved.", _SAVED))
    adopted = _checked_all(row, row.name, "", _RESULTS)
    for family in families_of(adopted):
        _ask(adopted, usual_anatomy(family))
    return adopted


def _check_factors(row: Technique, factors: Activations | Products) -> None:
    for name, value in asdict(factors).items():
        if isinstance(value, int | float) and not 0 <= value < math.inf:
            kind = type(factors).__name__
            raise broken(GROUP, row.name, f"{kind} with factors of at least 0", f"{name}={value}")


def _checked_all(record: Held, owner: str, prefix: str, results: Mapping[str, _Result]) -> Held:
    """A record with those of its functions checked whose results are known."""
    checked = {
        x.name: _checked(getattr(record, x.name), f"{prefix}{x.name}", owner, results[x.name])
        for x in fields(record)
        if x.name in results and callable(getattr(record, x.name))
    }
    return replace(record, **checked)


def _checked(function: Callable[..., Any], part: str, owner: str, result: _Result) -> Any:
    wanted, fits = result

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            value = function(*arguments)
            if fits(value):
                return value
            got = show(value)
        except ANYTHING as error:
            got = f"{type(error).__name__}: {error}"
        raise broken(GROUP, owner, f"{wanted} from `{part}`", got)

    return call


def _ask(row: Technique, anatomy: Anatomy) -> None:
    """What a search asks of a row, wherever it fits."""
    saved = row.saved or Saved()
    for capacity in row.capacities or (0,):
        row.arguments(capacity)
        for once in filter(None, (row.shared, saved.shared, saved.model)):
            once(capacity)
        of_input = (row.input, row.of_sequence, row.of_batch, saved.input)
        for tokens in filter(None, of_input):
            tokens(anatomy.hidden, capacity)
        for stack in anatomy.stacks:
            _ask_stack(row, stack, capacity)


def _ask_stack(row: Technique, stack: Stack, capacity: int) -> None:
    saved = row.saved or Saved()
    if not row.layer_restriction(stack, capacity):
        for layer in filter(None, (row.layer, saved.layer)):
            layer(stack, capacity)
        if row.tensors is not None:
            row.tensors(stack, 0)
    of_linear = (row.linear, row.stored, row.held, saved.linear, saved.peft_linear)
    counts = [x for x in of_linear if x is not None]
    for role, linear in stack.linears.items():
        if find_stack_obstacle(row, stack, (role,), capacity) is None:
            for count in counts:
                count(linear, role, capacity)
