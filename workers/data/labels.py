"""Raw labels to class indices or numbers, with the checks that need the whole column."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from peftsearch.errors import UserError
from peftsearch.message_text import plural, shorten, show

from .missing_cells import check_present
from .table import Table, find_first

_BLURRED = 0.01
_LARGEST = 1e30
_ROWS, _ROWS_OF_FRACTIONS = 2, 5
"""Of each class on average at least: measured numbers repeat where they are means of a few
answers, and are no classes for that (decision 0130)."""


def read_classes(table: Table, column: str) -> list[str]:
    """Class name of each of `n` rows. `1`, `1.0` and `"1"` are one class.

    Raises:
        UserError: A label is missing, or is neither text, a number nor a boolean.
    """
    check_present(table, column)
    values = table.columns[column]
    found = find_first(values, table.origin, _is_no_label)
    if found is not None:
        got = f"{type(found[0]).__name__} at {found[1]}"
        raise UserError("labels of text, integers, booleans or numbers", got, "check task.label")
    return [_class_name(value) for value in values]


def _is_no_label(value: Any) -> bool:
    return not isinstance(value, (str, bool, int, float))


def _is_no_number(value: Any) -> bool:
    return isinstance(value, bool) or not _is_number(str(value))


def _class_name(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def order_classes(names: Sequence[str], table: Table) -> tuple[str, ...]:
    """The classes that occur: as the source orders them, else as numbers, else alphabetically.

    Raises:
        UserError: There is one class only, or so many that they are no classes.
    """
    present = set(names)
    if len(present) < 2:
        got = f"only {show(min(present))} in {table.origin}"
        raise UserError("labels of at least two classes", got, "check task.label")
    numbers = all(map(_is_number, present))
    measured = numbers and not all(float(x).is_integer() for x in present)
    rows = _ROWS_OF_FRACTIONS if measured else _ROWS
    if len(present) > max(2, len(names) // rows):
        got = f"{len(present)} classes in {len(names)} rows of {table.origin}"
        hint = "check task.label, or set task.kind = 'regression' for numbers"
        named = f"; where {show(min(present))} is a name, write a letter before it" * measured
        expected = f"classes with {plural(rows, 'row')} or more on average"
        raise UserError(expected, got, hint + named)
    if table.classes is not None:
        return tuple(name for name in table.classes if name in present)
    return tuple(sorted(present, key=_numeric if numbers else str))


def _is_number(name: str) -> bool:
    try:
        return math.isfinite(float(name))
    except ValueError:
        return False


def _numeric(name: str) -> tuple[float, str]:
    return float(name), name


def index_classes(names: Sequence[str], classes: Sequence[str], origin: str) -> list[int]:
    """Index of each of `n` names in `classes`.

    Raises:
        UserError: A name is not among them.
    """
    index = {name: i for i, name in enumerate(classes)}
    found = find_first(names, origin, lambda name: name not in index)
    if found is not None:
        expected = f"the classes of the training data ({name_some(classes)})"
        raise UserError(
            expected, f"{show(found[0])} at {found[1]}", "correct it, or name another file"
        )
    return [index[name] for name in names]


def name_some(classes: Sequence[str]) -> str:
    """The first ten, for messages."""
    return shorten(", ".join(classes[:10])) + (", ..." if len(classes) > 10 else "")


def read_numbers(table: Table, column: str) -> list[float]:
    """Number of each of `n` rows.

    Raises:
        UserError: A label is missing, is not a finite number, or is too large.
    """
    check_present(table, column)
    values, origin = table.columns[column], table.origin
    if found := find_first(values, origin, _is_no_number):
        raise UserError(
            "numbers as labels of a regression",
            f"{show(str(found[0]))} at {found[1]}",
            "check task.label, or set task.kind = 'classification'",
        )
    if found := find_first(values, origin, lambda x: abs(float(str(x))) > _LARGEST):
        raise UserError(
            f"labels of at most {_LARGEST:g}, which models in float32 can hold",
            f"{show(str(found[0]))} at {found[1]}",
            "bring the labels to another unit, or take their logarithm",
        )
    return [float(str(x)) for x in values]


def check_varied(labels: Sequence[float], table: Table) -> None:
    """Refuse constant labels.

    Raises:
        UserError: All are equal.
    """
    if len(set(labels)) < 2:
        got = f"only {labels[0]:g} in {table.origin}"
        raise UserError("labels of at least two values", got, "check task.label")


def check_spread(labels: Sequence[float], origin: str) -> None:
    """Refuse numbers so far from 0 that float32, in which exported heads answer, blurs them.

    Raises:
        UserError: Its steps at their mean are above 1 % of their deviation.
    """
    mean, deviation = float(np.mean(labels)), float(np.std(labels))
    step = float(np.spacing(np.float32(abs(mean))))
    if step > _BLURRED * deviation:
        raise UserError(
            f"labels whose deviation is {1 / _BLURRED:g} times the step of float32 at their mean",
            f"a step of {step:g} at a mean of {mean:g}, a deviation of {deviation:g} in {origin}",
            f"subtract an offset such as {mean:g} from all labels, or multiply tiny ones",
        )
