"""A job's data: the splits that trials may see, and the test split that they may not.

Held-out rows are chosen from the data alone (`partition`), so that every job on the same files has
the same validation and test rows, and no test row is ever trained on or selected by.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.runtime.file_hashes import hash_file

from .partition import subsample
from .row_groups import check_groups
from .sources import check_there
from .split_notes import note_classes, note_shared
from .task_rows import Split, name_strata
from .training_source import TrainingSource

__all__ = ["Split", "TaskData", "load_data", "load_for_launch", "load_test"]


@dataclass(frozen=True)
class TaskData:
    """What trials may see.

    Attributes:
        label_names: Class names by index; empty for kinds without classes.
        fingerprint: SHA-256 of all rows of both splits, in their order.
        notes: What a person should know about the data, one line each.
        others: The further folds of a cross-validation; this one is the first.
        test_rows: How many `confirm` will score; None where a source of their own holds them,
            which only `load_for_launch` opens.
        held: Where the validation rows are from, for people.
        files: As `records.trial.DATA_FILES` says.
    """

    train: Split
    validation: Split
    label_names: list[str]
    fingerprint: str
    notes: tuple[str, ...] = ()
    others: tuple["TaskData", ...] = ()
    test_rows: int | None = None
    held: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def folds(self) -> tuple["TaskData", ...]:
        """This one, and the further ones of a cross-validation."""
        return (replace(self, others=()), *self.others)

    @property
    def held_out(self) -> int:
        """Rows that a trial is scored on."""
        return sum(len(fold.validation.texts) for fold in self.folds)


def load_data(spec: JobSpec) -> TaskData:
    """The training and validation splits of a job. An explicit test file is not even opened.

    Raises:
        UserError: The data is missing, malformed, too small, or of one class.
    """
    return _divide(spec, TrainingSource.open(spec.task, kept=spec.objectives.by))


def load_for_launch(spec: JobSpec) -> TaskData:
    """The same once the test rows have been looked at, where a source or a split of their own has
    them: what `confirm` would refuse after the search is refused before it.

    Only their number is kept. A file that is not there yet is noted, as by `load_data`.

    Raises:
        UserError: As `load_data`, of the test rows too.
    """
    check_there({f"task.{name}": getattr(spec.task, name) for name in ("train", "validation")})
    source = TrainingSource.open(spec.task, kept=spec.objectives.by)
    data = _divide(spec, source)
    if not source.has_test:
        return data
    test = _read_test(replace(source, by=None))
    return replace(data, test_rows=len(test.texts), notes=data.notes + test.notes)


def _divide(spec: JobSpec, source: TrainingSource) -> TaskData:
    task = spec.task
    train, validation = source.part("train"), source.part("validation")
    notes = (
        source.notes() + validation.notes + _note_shared(source, validation, "validation", "train")
    )
    if task.reading > 1:
        find_kind(task.kind).load_work().check_rows(task, train)
    train, cut = _cut(task, train, "train_rows")
    validation, cut_validation = _cut(task, validation, "validation_rows")
    names = list(source.classes)
    data = TaskData(
        train,
        replace(validation, notes=()),
        names,
        _fingerprint(train, validation, names),
        notes + cut + cut_validation,
        tuple(_load_fold(source, number) for number in range(1, task.folds)),
        source.count_test_rows(),
        source.tell_validation(),
        _hash_files(task),
    )
    for fold in data.folds:
        check_groups(spec, fold.validation.by, fold.validation.labels, names)
    labels: Any = [label for fold in data.folds for label in fold.validation.labels]
    held = replace(validation, labels=labels)
    return replace(data, notes=data.notes + note_classes(held, names))


def _load_fold(source: TrainingSource, number: int) -> TaskData:
    task, names = source.task, list(source.classes)
    parts = zip(source.fold(number), ("train_rows", "validation_rows"), strict=True)
    train, validation = (_cut(task, split, name)[0] for split, name in parts)
    return TaskData(train, validation, names, _fingerprint(train, validation, names))


def _hash_files(task: TaskSpec) -> dict[str, str]:
    """Of what was just read; an explicit test file is not opened for it either."""
    named = {"train": task.train, "validation": task.validation}
    paths = {part: Path(source) for part, source in named.items() if source is not None}
    return {part: hash_file(path) for part, path in paths.items() if path.is_file()}


def hash_test_file(task: TaskSpec) -> str | None:
    """SHA-256 of the file of test rows, for who reads these; None where no file has them."""
    path = None if task.test is None else Path(task.test)
    return None if path is None or not path.is_file() else hash_file(path)


def load_test(spec: JobSpec) -> Split:
    """The test split; `peftsearch confirm` alone reads it.

    Raises:
        UserError: As `load_data`.
    """
    return open_test(spec)[0]


def open_test(spec: JobSpec) -> tuple[Split, list[str]]:
    """The test split, and the names of its classes; empty for kinds without.

    Raises:
        UserError: As `load_data`.
    """
    source = TrainingSource.open(spec.task)
    return _read_test(source), list(source.classes)


def _read_test(source: TrainingSource) -> Split:
    """With notes of what it shares with the other parts."""
    test = source.part("test")
    notes = test.notes + _note_shared(source, test, "test", "train")
    notes += _note_shared(source, test, "test", "validation")
    return replace(test, notes=notes)


def load_other(spec: JobSpec, source: str) -> Split:
    """Rows of another source than the job's, labelled alike; nothing is trained on them.

    Raises:
        UserError: As `load_data`.
    """
    known = TrainingSource.open(spec.task)
    other = known.another(source)
    shared = note_shared(spec.task, other, known.part("train"), show(source), "training")
    return replace(other, notes=other.notes + shared)


def load_groups(spec: JobSpec, by: str, source: str | None = None) -> list[str]:
    """The value of a column in each row of the test split, as text; empty where it is missing.

    Args:
        source: Of other data, instead of the test split.

    Raises:
        UserError: There is no such column.
    """
    try:
        known = TrainingSource.open(spec.task, by if source is None else None)
        values = known.column(by, source)
    except UserError as error:
        raise UserError(
            error.expected, error.got, "name another column to tell groups by", "by"
        ) from error
    return ["" if value is None else str(value) for value in values]


def _note_shared(source: TrainingSource, part: Split, name: str, other: str) -> tuple[str, ...]:
    """Rows of a part in another; where one partition made both there are none."""
    if {name, other} <= source.parts.keys():
        return ()
    called = {"train": "training"}.get(other, other)
    return note_shared(source.task, part, source.part(other), name, called)


def _cut(task: TaskSpec, split: Split, name: str) -> tuple[Split, tuple[str, ...]]:
    n: int | None = getattr(task, name)
    if n is None:
        return split, ()
    have = len(split.texts)
    notes = (
        (f"{name} asks for {n:,} rows, there are {have:,}{_tell_more(task, name)}",)
        if n > have
        else ()
    )
    every = task.reading > 1
    return split.pick(subsample(split.texts, name_strata(task.kind, split), n, every)), notes


def _tell_more(task: TaskSpec, name: str) -> str:
    """Which key gives more of them, where one does: of a part that is held out."""
    held = name == "validation_rows" and task.validation is None and task.folds == 1
    more = f"a larger task.validation_fraction than {task.validation_fraction:g} holds out more"
    return f"; {more}" if held and task.validation_split is None else ""


def _fingerprint(train: Split, validation: Split, names: Sequence[str]) -> str:
    digest = hashlib.sha256(json.dumps(list(names)).encode())
    for split in (train, validation):
        for text, label in zip(split.texts, split.labels, strict=True):
            digest.update(json.dumps([text, label]).encode() + b"\n")
        digest.update(b"\n")
    return digest.hexdigest()


def hash_rows(split: Split, names: Sequence[str]) -> str:
    """SHA-256 of rows and labels, whatever their order and whichever job reads them.

    Args:
        names: Of the classes; empty for other kinds.
    """
    labels = [names[int(x)] for x in split.labels] if names else split.labels
    rows = sorted(json.dumps(row) for row in zip(split.texts, labels, strict=True))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
