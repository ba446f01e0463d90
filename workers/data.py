"""A job's data: the splits that trials may see, and the test split that they may not.

Held-out rows are chosen from the data alone (`partition`), so that every job on the same files has
the same validation and test rows, and no test row is ever trained on or selected by.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from peftsearch.spaces.errors import UserError
from peftsearch.spaces.jobspec import JobSpec
from peftsearch.spaces.task import TaskSpec

from .image_folders import is_image_folder, read_image_folder
from .labels import order_classes, read_classes
from .partition import Text, hold_out, subsample
from .rows import Split, name_strata, read_rows
from .sources import Table, read_source

__all__ = ["Split", "TaskData", "load_data", "load_test"]

MINIMUM_ROWS = {"train": 8, "validation": 4, "test": 4}
_USUAL_NAMES = {"train": ("train",), "validation": ("val", "dev"), "test": ("test",)}


@dataclass(frozen=True)
class TaskData:
    """What trials may see.

    Attributes:
        label_names: Class names by index; empty for kinds without classes.
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
    notes = source.notes() + _shared(task, validation, train, "validation", "training")
    train, cut = _cut(task, train, "train_rows")
    validation, cut_validation = _cut(task, validation, "validation_rows")
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
    notes = _shared(spec.task, test, source.part("train"), "test", "training")
    notes += _shared(spec.task, test, source.part("validation"), "test", "validation")
    return replace(test, notes=notes)


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
        tables = _read_tables(task, task.train)
        train = _choose(tables, "train", task.train)
        others = {name: table for name, table in tables.items() if table is not train}
        own = {name: x for name in ("validation", "test") if (x := _own(others, name, task))}
        classes = _find_classes(task, train)
        rows = read_rows(task, train, classes)
        fractions = {"test": task.test_fraction, "validation": task.validation_fraction}
        explicit = {"validation": task.validation, "test": task.test}
        carved = {
            name: fraction
            for name, fraction in fractions.items()
            if explicit[name] is None and name not in own
        }
        parts = hold_out(rows.texts, name_strata(task.kind, rows), carved)
        return cls(task, own, classes, rows, parts)

    def part(self, name: str) -> Split:
        """One of train, validation and test, with all of its rows."""
        explicit = {"validation": self.task.validation, "test": self.task.test}.get(name)
        if explicit is not None:
            tables = _read_tables(self.task, explicit)
            split = read_rows(self.task, _choose(tables, name, explicit), self.classes)
        elif name in self.own:
            split = read_rows(self.task, self.own[name], self.classes)
        else:
            split = self.rows.pick(self.parts[name])
        if len(split.texts) < MINIMUM_ROWS[name]:
            got = f"{len(split.texts)} of {len(self.rows.texts)} rows in {self.task.train}"
            expected = f"at least {MINIMUM_ROWS[name]} rows in the {name} split"
            raise UserError(expected, got, "bring more rows")
        return split

    def notes(self) -> tuple[str, ...]:
        labels: dict[Text, set[object]] = {}
        for text, label in zip(self.rows.texts, self.rows.labels, strict=True):
            labels.setdefault(text, set()).add(label)
        repeated = len(self.rows.texts) - len(labels)
        torn = sum(len(found) > 1 for found in labels.values())
        row, label = _words(self.task)
        notes = [f"{repeated} rows of the training data repeat an earlier {row}"] * bool(repeated)
        notes += [f"{torn} {row}s of the training data have several {label}s"] * bool(torn)
        return tuple(notes)


def _read_tables(task: TaskSpec, source: str) -> dict[str, Table]:
    if task.image is not None and Path(source).is_dir() and is_image_folder(Path(source)):
        return read_image_folder(Path(source), task.columns)
    return read_source(source, task.subset, task.columns)


def _words(task: TaskSpec) -> tuple[str, str]:
    """What messages call a row and its label."""
    if task.is_language_model:
        return ("text" if task.text else "prompt"), "response"
    return ("image" if task.image else "text"), "label"


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
    if found is None or all(label is None for label in found.columns[task.columns[-1]]):
        return None
    return found


def _find_classes(task: TaskSpec, train: Table) -> tuple[str, ...]:
    if task.kind not in ("classification", "image_classification"):
        return ()
    return order_classes(read_classes(train, str(task.label)), train)


def _cut(task: TaskSpec, split: Split, name: str) -> tuple[Split, tuple[str, ...]]:
    n: int | None = getattr(task, name)
    if n is None:
        return split, ()
    have = len(split.texts)
    notes = (f"{name} asks for {n:,} rows, there are {have:,}",) if n > have else ()
    return split.pick(subsample(split.texts, name_strata(task.kind, split), n)), notes


def _shared(
    task: TaskSpec, part: Split, other: Split, name: str, other_name: str
) -> tuple[str, ...]:
    seen = set(other.texts)
    shared = sum(text in seen for text in part.texts)
    if not shared:
        return ()
    rows = f"{shared} of {len(part.texts)} {name} {_words(task)[0]}s"
    return (f"{rows} also occur in the {other_name} split",)


def _fingerprint(train: Split, validation: Split, names: Sequence[str]) -> str:
    digest = hashlib.sha256(json.dumps(list(names)).encode())
    for split in (train, validation):
        for text, label in zip(split.texts, split.labels, strict=True):
            digest.update(json.dumps([text, label]).encode() + b"\n")
        digest.update(b"\n")
    return digest.hexdigest()
