"""What kind of task a file of data is likely for, and which columns it likely means: a guess for a
person to look at, where `given_columns` refuses one that trains at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.data_columns import find_columns
from peftsearch.message_text import plural
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.kinds.model_forms import IMAGES
from peftsearch.workers.data.image_folders import is_image_folder
from peftsearch.workers.data.missing_cells import is_missing
from peftsearch.workers.data.sources import read_source
from peftsearch.workers.data.table import check_filled, find_name

from .given_columns import (
    is_number,
    is_readable,
    list_labels,
    list_texts,
    names_rows,
    usual_texts,
)
from .given_rows import Given, read_given_file
from .identifiers import CLASSES
from .named_columns import NOTHING, Named
from .pair_names import find_prompted

_ALONE = {"text"}


@dataclass(frozen=True)
class Likely:
    """What is likely meant by a key of `[task]`.

    Attributes:
        column: Its column, or two; None where none looks like it.
        others: Columns that may be it as well.
        pair: Two columns that may be it together; none where nothing looks like two texts.
    """

    column: str | tuple[str, ...] | None
    others: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guess:
    """What a source of data is likely for.

    Attributes:
        columns: By the keys of `[task]`; none where the usual columns are, or where nothing is
            read: of a folder of images, a sample, a hub id.
        passed: Columns that were passed over, since they tell rows apart or are days.
        read: Whether rows were looked at.
    """

    kind: TaskKind
    columns: Mapping[str, Likely] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    read: bool = True


def guess_task(data: str, named: Named = NOTHING) -> Guess:
    """The kind of task, and what is likely meant by its keys.

    Args:
        data: As `task.train` names it, relative to the working folder.
        named: Columns that need no guess.

    Raises:
        UserError: It cannot be read, holds no row, or a named column is not there.
    """
    kinds = KINDS.usable()
    if Path(data).is_dir() and is_image_folder(Path(data)):
        return Guess(next(x for x in kinds if x.form is IMAGES), read=False)
    names = find_columns(data, None, Path.cwd(), None)
    if not names:
        _check_columns(data)
        return Guess(kinds[0], _take_unseen(named), read=False)
    kind, usual = _match_kind(kinds, names)
    if usual and not named and usual.keys() not in (_ALONE, kinds[0].columns[0].keys()):
        _check_rows(data, tuple(usual.values()))
        return Guess(kind, {key: Likely(column) for key, column in usual.items()})
    given = read_given_file(Path(data))
    given.column(names[0])  # else what is wrong with the file would look like no column that fits
    kind, likely = _guess_labelled(given, kinds, named.find(given))
    _check_held(given, likely)
    return Guess(kind, likely, _list_passed(given, likely))


def _take_unseen(named: Named) -> dict[str, Likely]:
    """Of data that is not read here the usual columns are not told."""
    label = {} if named.label is None else {"label": Likely(named.label)}
    return ({"text": Likely(_alone(named.text))} if named.text else {}) | label


def _alone(names: tuple[str, ...]) -> str | tuple[str, ...]:
    return names if len(names) > 1 else names[0]


def _list_passed(given: Given, likely: Mapping[str, Likely]) -> tuple[str, ...]:
    taken = {x for y in likely.values() for x in _names_of(y)}
    return tuple(x for x in given.readers if x not in taken and names_rows(given, x))


def _names_of(found: Likely) -> tuple[str, ...]:
    return (found.column,) if isinstance(found.column, str) else found.column or ()


def _check_columns(data: str) -> None:
    """Refuse a file whose rows hold nothing; of a sample and a hub id nothing is known."""
    if Path(data).expanduser().exists():
        raise UserError("a data file with columns", f"none in {data}", "fill it")


def _check_rows(data: str, columns: Sequence[str]) -> None:
    """Read the rows, so that no file of a heading alone gets a job, nor one of empty cells."""
    tables = read_source(data, None, columns)
    table = check_filled(tables.get("train") or next(iter(tables.values())))
    for name in columns:
        _refuse_empty(name, table.columns[name], data)


def _check_held(given: Given, likely: Mapping[str, Likely]) -> None:
    """Refuse empty cells where values belong: in what was taken, in a column of a usual name in
    whose place another was taken, and in any where nothing could be."""
    found = [x.column for x in likely.values()]
    taken = [x for y in likely.values() for x in _names_of(y)]
    words = CLASSES if "label" in likely else ()
    usual = [x for word in words if (x := find_name(given.readers, word)) is not None]
    instead = [] if {*usual} & {*taken} else usual
    for name in (*taken, *instead) if found and None not in found else given.readers:
        if is_readable(given, name):
            _refuse_empty(name, given.column(name), given.origin)


def _refuse_empty(name: str, values: Sequence[Any], data: str) -> None:
    if all(map(is_missing, values)):
        got = f"none in the {plural(len(values), 'row')} of {data}"
        raise UserError(f"values in column {name!r}", got, "fill it, or remove the column")


def _match_kind(
    kinds: Sequence[TaskKind], names: Sequence[str]
) -> tuple[TaskKind, dict[str, str]]:
    """The kind most of whose usual columns are there, and these; none where no set is whole."""
    found = [(kind, _find_set(columns, names)) for kind in kinds for columns in kind.columns]
    return max(found, key=lambda x: len(x[1]))


def _find_set(columns: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    there = {key: find_name(names, usual) for key, usual in columns.items()}
    whole = {key: column for key, column in there.items() if column is not None}
    return whole if len(whole) == len(columns) else {}


def _guess_labelled(
    given: Given, kinds: Sequence[TaskKind], named: Named
) -> tuple[TaskKind, dict[str, Likely]]:
    texts = named.text or usual_texts(given)
    if _ALONE == {x.casefold() for x in given.readers} and named.label is None:
        return next(x for x in kinds if _ALONE in [y.keys() for y in x.columns]), {}
    graded = [x for x in list_labels(given, texts, True) if _is_graded(given, x)]
    repeated = [x for x in list_labels(given, texts, False) if len(set(given.column(x))) > 1]
    classes = [x for x in repeated if x not in graded]
    label = _choose_label([*graded, *classes])
    if named.label is not None:
        label = Likely(named.label)
        graded = [named.label] if _is_graded(given, named.label) else []
    asked = None if named else find_prompted(texts)
    if asked and label.column is None:
        return _of_prompts(kinds, asked)
    found = list_texts(given, str(label.column))
    text = Likely(_alone(texts)) if texts else _choose_text(given, found)
    of_numbers = next(x for x in kinds if x.problem == "regression")
    return of_numbers if label.column in graded else kinds[0], {"text": text, "label": label}


def _of_prompts(
    kinds: Sequence[TaskKind], asked: Sequence[str]
) -> tuple[TaskKind, dict[str, Likely]]:
    keys = "prompt", "response"
    kind = next(x for x in kinds if set(keys) == x.columns[0].keys())
    return kind, dict(zip(keys, map(Likely, asked), strict=True))


def _is_graded(given: Given, name: str) -> bool:
    """Whether numbers are no mere count of rows."""
    values = [float(x) for x in given.column(name) if is_number(x)]
    return any(not x.is_integer() for x in values)


def _choose_label(names: Sequence[str]) -> Likely:
    """One of a usual name, else the last, where most tables have it."""
    usual = [x for word in CLASSES if (x := find_name(names, word)) is not None]
    return _choose(names, usual[0] if usual else None, -1)


def _choose_text(given: Given, names: Sequence[str]) -> Likely:
    """The one of the longest texts; the two of several words that are longest may be a pair."""

    def length(name: str) -> float:
        return fmean(len(str(x)) for x in given.column(name) if x is not None)

    longest = sorted(names, key=length, reverse=True)
    chosen = _choose(names, longest[0] if longest else None, 0)
    wordy = [x for x in longest if _has_words(given, x)][:2]
    return replace(chosen, pair=tuple(x for x in names if x in wordy) if len(wordy) > 1 else ())


def _has_words(given: Given, name: str) -> bool:
    """Whether most texts are more than a word, as identifiers are not."""
    values = [x for x in given.column(name) if x is not None]
    return 2 * sum(" " in x.strip() for x in values) > len(values)


def _choose(names: Sequence[str], chosen: str | None, otherwise: int) -> Likely:
    taken: Any = chosen if chosen is not None else names[otherwise] if names else None
    return Likely(taken, tuple(x for x in names if x != taken))
