"""Which columns of given rows are the text and the label, where that can be told."""

import math
from collections.abc import Sequence
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import shorten, suggest
from peftsearch.workers.data.table import find_name

from .given_rows import PAIR, Given
from .identifiers import is_identifier
from .pair_names import find_pair

Text = str | Sequence[str] | None


def find_columns(
    given: Given, text: Text, label: str | None, numbers: bool
) -> tuple[str | tuple[str, ...], str, str | None]:
    """The text column, or two for pairs; the label column; and what was guessed of it, for people.

    Columns of the usual names are taken. Else the label is the only column whose values repeat,
    and the text the only one of different texts; identifiers and days are neither.

    Args:
        numbers: Whether labels are numbers, which need not repeat.

    Raises:
        UserError: There is no such column, or several may be meant.
    """
    texts = _find_named(given, _listed(text), "text") or usual_texts(given)
    labels = _find_named(given, () if label is None else (str(label),), "label")
    found = labels[0] if labels else find_name(given.readers, "label")
    usual = text is not None or len(texts) < 2 or find_name(texts, PAIR[0]) is not None
    guessed = [] if usual else [f"text={list(texts)!r}"]
    if found is None:
        found = _only(given, list_labels(given, texts, numbers), "label")
        guessed.append(f"label={found!r}")
    if not texts:
        texts = (_only(given, list_texts(given, found), "text"),)
        guessed.insert(0, f"text={texts[0]!r}")
    note = f"taken from the columns of {given.origin}: {', '.join(guessed)}" if guessed else None
    return texts[0] if len(texts) == 1 else texts, found, note


def _find_named(given: Given, names: Sequence[str], argument: str) -> tuple[str, ...]:
    """What columns that a caller named are called there."""
    found = [find_name(given.readers, name) for name in names]
    for name, column in zip(names, found, strict=True):
        if column is None:
            known = shorten(", ".join(given.readers))
            expected = f"a column among {known} of {given.origin} as {argument}="
            raise UserError(expected, repr(name), suggest(name, given.readers, "correct it"))
    return tuple(column for column in found if column is not None)


def _listed(names: Text) -> tuple[str, ...]:
    if names is None:
        return ()
    alone = isinstance(names, str) or not isinstance(names, Sequence)
    return (str(names),) if alone else tuple(map(str, names))


def usual_texts(given: Given) -> tuple[str, ...]:
    """Columns of the usual names of a text, or of two; of a pair a side may repeat, as a premise
    does."""
    names = list(given.readers)
    alone = find_name(names, PAIR[0])
    pair = find_pair(names)
    if alone is not None:
        return pair if alone in pair else (alone,)
    return pair if pair and all(_holds(given, x, _are_strings) for x in pair) else ()


def list_labels(given: Given, texts: Sequence[str], numbers: bool) -> list[str]:
    """Columns that may be the label of these texts.

    Args:
        numbers: Whether labels are numbers, which need not repeat.
    """
    wanted = _are_numbers if numbers else _repeat
    found = [x for x in given.readers if x not in texts and _holds(given, x, wanted)]
    return [x for x in found if not names_rows(given, x)]


def list_texts(given: Given, label: str | None) -> list[str]:
    """Columns that may be the text beside that label."""
    found = [x for x in given.readers if x != label and _holds(given, x, _are_texts)]
    return [x for x in found if not names_rows(given, x)]


def names_rows(given: Given, name: str) -> bool:
    """Whether a column tells rows apart and no more; one that cannot be read does not."""
    return is_readable(given, name) and is_identifier(name, given.column(name))


def is_readable(given: Given, name: str) -> bool:
    """Whether the values of a column are of one kind."""
    try:
        given.column(name)
    except UserError:
        return False
    return True


def _holds(given: Given, name: str, wanted: Any) -> bool:
    """Whether a column is what is wanted; one that cannot be read is not."""
    values = [x for x in given.column(name) if x is not None] if is_readable(given, name) else []
    return bool(values) and bool(wanted(values))


def _repeat(values: list[Any]) -> bool:
    plain = all(isinstance(x, str | bool | int | float) for x in values)
    return plain and len(set(values)) <= max(2, len(values) // 2)


def _are_texts(values: list[Any]) -> bool:
    return _are_strings(values) and not _repeat(values)


def _are_strings(values: list[Any]) -> bool:
    return all(isinstance(x, str) for x in values) and not _are_numbers(values)


def _are_numbers(values: list[Any]) -> bool:
    return all(is_number(x) for x in values)


def is_number(value: Any) -> bool:
    """Whether it is one, or the text of one, as files of text hold them."""
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _only(given: Given, names: list[str], argument: str) -> str:
    if len(names) == 1:
        return names[0]
    known = shorten(", ".join(given.readers))
    if names:
        got = f"{' and '.join(names)}, which may each be it"
    else:
        got = f"none that looks like one among {known}"
    raise UserError(
        f"one column of {given.origin} as the {argument}", got, f"name it: {argument}="
    )
