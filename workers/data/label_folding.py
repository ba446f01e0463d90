"""Spellings of one class: `1`, `1.0` and `"1"`; `true` and `True`; spaces at the ends."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from peftsearch.message_text import agree, plural, show

from .table import Table

_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})(\.0*)?", re.ASCII)
_TRUTH = {"true": "1", "false": "0"}
_MOST_NOTES = 10
_MOST_NUMBERS = 5


def fold_labels(table: Table, column: str, classes: Sequence[str] = ()) -> Table:
    """The table with one spelling for each class, and notes of what was folded.

    What is neither text, a number nor a boolean stays, to be refused by whoever reads it.

    Args:
        column: Of the labels.
        classes: Those of the training data; empty where this is the training data.
    """
    if table.classes is not None:
        return table
    labels = table.columns[column]
    plain = [spell(label) for label in labels]
    names = Counter(name for name in plain if name)
    target = _match(names, classes) if classes else _choose(names)
    folded = [
        label if not name else target[name] for label, name in zip(labels, plain, strict=True)
    ]
    notes = _note(labels, folded, table.origin)
    if not classes:
        found = {x for x in folded if isinstance(x, str)}
        notes += _note_case(found, table.origin) + _note_numbers(found, table.origin)
    return replace(table, columns={**table.columns, column: folded}, notes=table.notes + notes)


def find_class(named: str, classes: Sequence[str]) -> int | None:
    """Index of the class that a job file names, in whichever spelling; None where none is it."""
    name = spell(named) or named
    found = _match(Counter([name]), classes)[name]
    return classes.index(found) if found in classes else None


def name_class(named: str, classes: Sequence[str]) -> str:
    """The name of the class that a job file names; as it is written where none is it."""
    found = find_class(named, classes)
    return named if found is None else classes[found]


def spell(label: Any) -> str | None:
    """A label or a group as text without what tells spellings of one number apart; None of
    neither text nor number."""
    if not isinstance(label, (str, bool, int, float)) or label != label:  # not a number
        return None
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    text = str(label).strip()
    return str(int(text.partition(".")[0])) if _WHOLE.fullmatch(text) else text


def _choose(names: Counter[str]) -> Mapping[str, str]:
    """Each spelling to the one of its class: the number, else the most frequent one."""
    same: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (name not in _TRUTH.values(), -names[name], name)):
        same.setdefault(_mean(name), []).append(name)
    return {name: spellings[0] for spellings in same.values() for name in spellings}


def _match(names: Counter[str], classes: Sequence[str]) -> Mapping[str, str]:
    known = {_mean(name): name for name in classes}
    return {name: name if name in classes else known.get(_mean(name), name) for name in names}


def _mean(name: str) -> str:
    return _TRUTH.get(name.casefold(), name)


def _note(labels: Sequence[Any], folded: Sequence[Any], origin: str) -> tuple[str, ...]:
    changed = Counter(
        (show(label), show(name))
        for label, name in zip(labels, folded, strict=True)
        if isinstance(name, str) and str(label) != name
    )
    notes = [
        f"label {label} is read as {name} in {plural(rows, 'row')} of {origin}"
        for (label, name), rows in changed.most_common(_MOST_NOTES)
    ]
    if len(changed) > _MOST_NOTES:
        more = len(changed) - _MOST_NOTES
        notes.append(f"{plural(more, 'more spelling')} of labels {agree(more, 'are')} folded")
    return tuple(notes)


def _note_case(names: set[str], origin: str) -> tuple[str, ...]:
    """Classes that one may have meant as one: nobody folds them."""
    counts = Counter(name.casefold() for name in names)
    alike = sorted((x for x in names if counts[x.casefold()] > 1), key=lambda x: (x.casefold(), x))
    if not alike:
        return ()
    listed = " and ".join(show(name) for name in alike[:2])
    return (f"{len(alike)} classes of {origin} differ in case alone, as {listed}",)


def _note_numbers(names: set[str], origin: str) -> tuple[str, ...]:
    """Classes that are one number, as `.5` and `0.50`: they may be codes, so nobody folds them."""
    same: dict[Decimal, list[str]] = {}
    for name in sorted(names):
        if (number := _read_number(name)) is not None:
            same.setdefault(number, []).append(name)
    alike = [spellings for spellings in same.values() if len(spellings) > 1]
    listed = ", ".join(" and ".join(map(show, names)) for names in alike[:_MOST_NUMBERS])
    more = f" and {len(alike) - _MOST_NUMBERS} more" if len(alike) > _MOST_NUMBERS else ""
    note = f"classes of {origin} that are the same number are kept apart: {listed}{more}"
    return (note,) if alike else ()


def _read_number(name: str) -> Decimal | None:
    try:
        number = Decimal(name)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
