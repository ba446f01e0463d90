"""Which columns of given rows are the text and the label, where that can be told."""

from collections.abc import Sequence
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import shorten, suggest

from .given_rows import PAIR, Given

Text = str | Sequence[str] | None


def find_columns(
    given: Given, text: Text, label: str | None, numbers: bool
) -> tuple[str | tuple[str, ...], str, str | None]:
    """The text column, or two for pairs; the label column; and what was guessed of it, for people.

    Columns of the usual names are taken. Else the label is the only column whose values repeat,
    and the text the only one of different texts.

    Args:
        numbers: Whether labels are numbers, which need not repeat.

    Raises:
        UserError: There is no such column, or several may be meant.
    """
    _check_named(given, text, label)
    texts = _listed(text) or _usual_texts(given)
    usual = "label" if "label" in given.readers else None
    found = usual if label is None else str(label)
    guessed = []
    if found is None:
        found = _only(given, _find_labels(given, texts, numbers), "label")
        guessed.append(f"label={found!r}")
    if not texts:
        texts = (_only(given, _find_texts(given, found), "text"),)
        guessed.insert(0, f"text={texts[0]!r}")
    note = f"taken from the columns of {given.origin}: {', '.join(guessed)}" if guessed else None
    return texts[0] if len(texts) == 1 else texts, found, note


def _check_named(given: Given, text: Text, label: str | None) -> None:
    labels = () if label is None else (str(label),)
    for argument, names in (("text", _listed(text)), ("label", labels)):
        for name in names:
            if name not in given.readers:
                known = shorten(", ".join(given.readers))
                expected = f"a column among {known} of {given.origin} as {argument}="
                raise UserError(expected, repr(name), suggest(name, given.readers, "correct it"))


def _listed(names: Text) -> tuple[str, ...]:
    if names is None:
        return ()
    alone = isinstance(names, str) or not isinstance(names, Sequence)
    return (str(names),) if alone else tuple(map(str, names))


def _usual_texts(given: Given) -> tuple[str, ...]:
    if set(PAIR) <= given.readers.keys():
        return PAIR
    return ("text",) if "text" in given.readers else ()


def _find_labels(given: Given, texts: Sequence[str], numbers: bool) -> list[str]:
    wanted = _are_numbers if numbers else _repeat
    return [x for x in given.readers if x not in texts and _holds(given, x, wanted)]


def _find_texts(given: Given, label: str) -> list[str]:
    return [x for x in given.readers if x != label and _holds(given, x, _are_texts)]


def _holds(given: Given, name: str, wanted: Any) -> bool:
    """Whether a column is what is wanted; one that cannot be read is not."""
    try:
        values = [x for x in given.column(name) if x is not None]
    except UserError:
        return False
    return bool(values) and bool(wanted(values))


def _repeat(values: list[Any]) -> bool:
    plain = all(isinstance(x, str | bool | int | float) for x in values)
    return plain and len(set(values)) <= max(2, len(values) // 2)


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(x, str) for x in values) and not _repeat(values)


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(x, int | float) and not isinstance(x, bool) for x in values)


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
