"""A job's labelled data: the splits that trials may see, and the test split that they may not.

Held-out rows are chosen from the data alone (`partition`), so that every job on the same files has
the same validation and test rows, and no test row is ever trained on or selected by.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peftsearch.spaces.errors import UserError
from peftsearch.spaces.jobspec import JobSpec, TaskSpec

from .labels import (
    check_present,
    check_varied,
    index_classes,
    order_classes,
    read_classes,
    read_numbers,
)
from .partition import Text, hold_out, subsample
from .sources import Table, read_source

MINIMUM_ROWS = {"train": 8, "validation": 4, "test": 4}
_USUAL_NAMES = {"train": ("train",), "validation": ("val", "dev"), "test": ("test",)}


@dataclass(frozen=True)
class Split:
    """`n` examples.

    Attributes:
        texts: One text or a pair for each row.
        labels: Class indices, or numbers as they were in the source.
        notes: What a person should know about it, one line each.
    """

    texts: list[Text]
    labels: list[int] | list[float]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskData:
    """What trials may see.

    Attributes:
        label_names: Class names by index; empty for regression.
        fingerprint: SHA-256 of all rows of both splits, in their order.
        notes: What a person should know about the data, one line each.
    """

    train: Split
    validation: Split
    label_names: list[str]
    fingerprint: str
    notes: tuple[str, ...] = ()


def load_data(spec: JobSpec) -> TaskData:
    """The training and validation splits of a job. An explicit test file is not even opened.

    Raises:
        UserError: The data is missing, malformed, too small, or of one class.
    """
    task = spec.task
    source = _Source.open(task)
    train, validation = source.part("train"), source.part("validation")
    notes = source.notes() + _shared_texts(validation, train, "validation", "training")
    train, cut = _cut(train, task.train_rows, "train_rows")
    validation, cut_validation = _cut(validation, task.validation_rows, "validation_rows")
    names = list(source.classes)
    return TaskData(
        train,
        validation,
        names,
        _fingerprint(train, validation, names),
        notes + cut + cut_validation,
    )


def load_test(spec: JobSpec) -> Split:
    """The test split; `peftsearch confirm` alone reads it.

    Raises:
        UserError: As `load_data`.
    """
    source = _Source.open(spec.task)
    test = source.part("test")
    notes = _shared_texts(test, source.part("train"), "test", "training")
    notes += _shared_texts(test, source.part("validation"), "test", "validation")
    return Split(test.texts, test.labels, notes)


@dataclass(frozen=True)
class _Source:
    """The training source, labelled and divided.

    Attributes:
        own: The source's own splits.
        rows: All rows of its `train`.
        parts: Indices into `rows` of `train` and of what is held out from it.
    """

    task: TaskSpec
    own: Mapping[str, Table]
    classes: tuple[str, ...]
    rows: Split
    parts: Mapping[str, list[int]]

    @classmethod
    def open(cls, task: TaskSpec) -> "_Source":
        tables = read_source(task.train, task.subset, _columns(task))
        train = _choose(tables, "train", task.train)
        others = {name: table for name, table in tables.items() if table is not train}
        own = {name: x for name in ("validation", "test") if (x := _own(others, name, task))}
        classes = _find_classes(task, train)
        rows = _read_rows(task, train, classes)
        fractions = {"test": task.test_fraction, "validation": task.validation_fraction}
        explicit = {"validation": task.validation, "test": task.test}
        carved = {
            name: fraction
            for name, fraction in fractions.items()
            if explicit[name] is None and name not in own
        }
        return cls(task, own, classes, rows, hold_out(rows.texts, _strata(rows), carved))

    def part(self, name: str) -> Split:
        """One of train, validation and test, with all of its rows."""
        explicit = {"validation": self.task.validation, "test": self.task.test}.get(name)
        if explicit is not None:
            tables = read_source(explicit, self.task.subset, _columns(self.task))
            split = _read_rows(self.task, _choose(tables, name, explicit), self.classes)
        elif name in self.own:
            split = _read_rows(self.task, self.own[name], self.classes)
        else:
            split = _pick(self.rows, self.parts[name])
        if len(split.texts) < MINIMUM_ROWS[name]:
            got = f"{len(split.texts)} of {len(self.rows.texts)} rows in {self.task.train}"
            expected = f"at least {MINIMUM_ROWS[name]} rows in the {name} split"
            raise UserError(expected, got, "bring more rows")
        return split

    def notes(self) -> tuple[str, ...]:
        labels: dict[Text, set[float]] = {}
        for text, label in zip(self.rows.texts, self.rows.labels, strict=True):
            labels.setdefault(text, set()).add(label)
        repeated = len(self.rows.texts) - len(labels)
        torn = sum(len(found) > 1 for found in labels.values())
        notes = [f"{repeated} rows of the training data repeat an earlier text"] * bool(repeated)
        notes += [f"{torn} texts of the training data have several labels"] * bool(torn)
        return tuple(notes)


def _columns(task: TaskSpec) -> tuple[str, ...]:
    return (*task.text_columns, task.label)


def _choose(tables: Mapping[str, Table], name: str, source: str) -> Table:
    """The table of a split; the only one there is where names differ."""
    if len(tables) == 1:
        return next(iter(tables.values()))
    if (found := _find(tables, name)) is not None:
        return found
    raise UserError(
        f"a split {name!r} in {source}", f"splits {', '.join(tables)}", "name one split's file"
    )


def _find(tables: Mapping[str, Table], name: str) -> Table | None:
    """The first split whose name begins like one of the usual names, as `validation_matched`."""
    for usual in _USUAL_NAMES[name]:
        for key, table in tables.items():
            if key.startswith(usual):
                return table
    return None


def _own(tables: Mapping[str, Table], name: str, task: TaskSpec) -> Table | None:
    """The source's own split, unless its labels are kept secret, as in many hub test splits."""
    found = _find(tables, name)
    if found is None or all(label is None for label in found.columns[task.label]):
        return None
    return found


def _find_classes(task: TaskSpec, train: Table) -> tuple[str, ...]:
    if task.kind == "regression":
        return ()
    return order_classes(read_classes(train, task.label), train)


def _read_rows(task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
    columns = [_read_texts(table, name) for name in task.text_columns]
    texts: list[Text] = list(zip(*columns, strict=True))
    if task.kind == "classification":
        names = read_classes(table, task.label)
        return Split(texts, index_classes(names, classes, table.origin))
    labels = read_numbers(table, task.label)
    check_varied(labels, table)
    return Split(texts, labels)


def _read_texts(table: Table, column: str) -> list[str]:
    check_present(table, column)
    for row, value in enumerate(table.columns[column], 1):
        if not isinstance(value, str):
            got = f"{type(value).__name__} at row {row} of {table.origin}"
            raise UserError(f"text in column {column!r}", got, "check task.text")
    return table.columns[column]


def _strata(rows: Split) -> list[str]:
    """Classes as strings; one stratum for all numbers of a regression."""
    if any(isinstance(label, float) for label in rows.labels):
        return [""] * len(rows.labels)
    return [f"{label:09}" for label in rows.labels]


def _pick(rows: Split, indices: Sequence[int]) -> Split:
    labels = [rows.labels[i] for i in indices]
    return Split([rows.texts[i] for i in indices], labels)


def _cut(split: Split, n: int | None, name: str) -> tuple[Split, tuple[str, ...]]:
    if n is None:
        return split, ()
    have = len(split.texts)
    notes = (f"{name} asks for {n:,} rows, there are {have:,}",) if n > have else ()
    return _pick(split, subsample(split.texts, _strata(split), n)), notes


def _shared_texts(part: Split, other: Split, name: str, other_name: str) -> tuple[str, ...]:
    seen = set(other.texts)
    shared = sum(text in seen for text in part.texts)
    if not shared:
        return ()
    return (f"{shared} of {len(part.texts)} {name} texts also occur in the {other_name} split",)


def _fingerprint(train: Split, validation: Split, names: Sequence[str]) -> str:
    digest = hashlib.sha256(json.dumps(list(names)).encode())
    for split in (train, validation):
        for text, label in zip(split.texts, split.labels, strict=True):
            digest.update(json.dumps([text, label]).encode() + b"\n")
        digest.update(b"\n")
    return digest.hexdigest()
