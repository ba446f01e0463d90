"""The training source of a task: its splits and classes, and what is held out from its rows."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import agree, plural, show
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .holding_out import hold_out_rows
from .image_folders import is_image_folder, read_image_folder
from .label_folding import fold_labels
from .likeness import read_group
from .missing_cells import told_together
from .partition import Text
from .sources import is_missing, read_source
from .splits import choose_split, find_splits, note_secret, note_unused
from .table import MissingColumn, Table
from .task_rows import Split, read_rows

MINIMUM_ROWS = {"train": 8, "validation": 4, "test": 4}
_MOST_HELD_OUT = 0.49
_NAMING = ("text", "choices", "label", "prompt", "response", "messages", "image", "group")
"""Keys of a task that name columns of its data."""


@dataclass(frozen=True)
class TrainingSource:
    """The training source, labelled and divided.

    Attributes:
        own: The source's own splits.
        rows: All rows of its `train`.
        parts: Indices into `rows` of `train` and of what is held out from it.
        said: Notes of how it was read and divided.
        table: What `rows` were read from.
        by: A column whose values stand with the rows of all parts; None keeps none.
    """

    task: TaskSpec
    own: Mapping[str, Table]
    classes: tuple[str, ...]
    rows: Split
    parts: Mapping[str, list[int]]
    said: tuple[str, ...]
    table: Table
    by: str | None = None

    @classmethod
    def open(
        cls, task: TaskSpec, by: str | None = None, kept: str | None = None
    ) -> "TrainingSource":
        """Read the training source; explicit validation and test files are not opened.

        Args:
            by: A further column to read, if the task reads it from there.
            kept: A column whose values stand with the rows.

        Raises:
            UserError: The source is missing, malformed or of one class.
        """
        with blamed(task, "train"):
            return cls._open(task, by, kept)

    @classmethod
    def _open(cls, task: TaskSpec, by: str | None, kept: str | None) -> "TrainingSource":
        grouped = () if task.group is None else (task.group,)
        further = _further(task, by) if task.test is None else ()
        wanted = dict.fromkeys((*_further(task, kept), *further, *grouped, *task.columns))
        tables = _read_tables(task, task.train, tuple(wanted))
        name = choose_split(list(tables), "train", task, task.train)
        own, said = _find_own(tables, name, task)
        with told_together(tables[name], task.columns):
            classes, train = _label(task, tables[name])
            rows = _read_rows(task, train, classes, kept)
        fractions = {"test": task.test_fraction, "validation": task.validation_fraction}
        if task.folds > 1:
            _check_folds(task, own, rows)
            fractions["validation"] = min(1 / task.folds, _MOST_HELD_OUT)
        explicit = {"validation": task.validation, "test": task.test}
        carved = {
            name: fraction
            for name, fraction in fractions.items()
            if explicit[name] is None and name not in own
        }
        parts, held = hold_out_rows(task, rows, carved)
        notes = *train.notes, *said, *held, *_note_missing(task)
        return cls(task, own, classes, rows, parts, notes, tables[name], kept)

    def part(self, name: str) -> Split:
        """One of train, validation and test, with all of its rows; an explicit file is read here.

        Raises:
            UserError: The file is missing or malformed, or the split has too few rows.
        """
        explicit = {"validation": self.task.validation, "test": self.task.test}.get(name)
        with blamed(self.task, "train" if explicit is None else name):
            if explicit is not None:
                split = self._read(*_read_explicit(self.task, name, explicit, self.by))
            elif name in self.own:
                split = self._read(self.own[name])
            else:
                split = self.rows.pick(self.parts[name])
            return self._check(split, name, explicit)

    @property
    def has_test(self) -> bool:
        """Whether a source or a split of their own has the test rows, and is there."""
        if self.task.test is not None:
            return not is_missing(self.task.test)
        return "test" in self.own

    def another(self, source: str) -> Split:
        """All rows of another source with the columns and classes of this one.

        Raises:
            UserError: It is missing or malformed, or has too few rows.
        """
        split = self._read(*_read_explicit(self.task, "test", source))
        return self._check(split, "test", source)

    def column(self, by: str, source: str | None = None) -> list[Any]:
        """The values of a column in each row of the test split, or of another source.

        Args:
            by: As `open` was given it, if the test split is no source of its own.

        Raises:
            UserError: The source lacks it.
        """
        explicit = source or self.task.test
        if explicit is not None:
            further = _further(self.task, by)
            tables = _read_tables(self.task, explicit, (*further, *self.task.columns))
            chosen = choose_split(list(tables), "test", self.task, explicit)
            return tables[chosen].columns[by]
        if "test" in self.own:
            return self.own["test"].columns[by]
        return [self.table.columns[by][row] for row in self.parts["test"]]

    def _check(self, split: Split, name: str, source: str | None = None) -> Split:
        if len(split.texts) < MINIMUM_ROWS[name]:
            group, rows = self.task.group, plural(len(split.texts), "row")
            got = f"{len(split.texts)} of {len(self.rows.texts)} rows in {self.task.train}"
            got = got if source is None else f"{rows} in {source}"
            expected = f"at least {MINIMUM_ROWS[name]} rows in the {name} split"
            hint = "bring more rows" + (f", or more groups by {group!r}" if group else "")
            hint += ", or fewer folds" if self.task.folds > 1 else ""
            raise UserError(expected, got, hint)
        return split

    def fold(self, number: int) -> tuple[Split, Split]:
        """What a fold of a cross-validation trains on, and what it holds out.

        Raises:
            UserError: The split that is held out has too few rows.
        """
        held = self.parts[f"fold {number}"] if number else self.parts["validation"]
        free = sorted({*self.parts["train"], *self.parts["validation"]} - {*held})
        return self.rows.pick(free), self._check(self.rows.pick(held), "validation")

    def tell_validation(self) -> str:
        """Where the validation rows are from, for people."""
        task, sampled = self.task, "a sample of " if self.task.validation_rows else ""
        if task.folds > 1:
            return f"each held out once, in {task.folds} folds of `{task.train}`"
        if task.validation is not None:
            return f"{sampled}`{task.validation}`"
        if "validation" in self.own:
            return f"{sampled}the validation split of `{task.train}`"
        together = f", those of one `{task.group}` together" if task.group else ""
        share = f"{task.validation_fraction:.0%} of `{task.train}`"
        return f"{sampled}{share}, held out by a draw that is always the same{together}"

    def count_test_rows(self) -> int | None:
        """Rows that are held back for the test; None where an explicit source has them."""
        if self.task.test is not None:
            return None
        if "test" in self.own:
            return len(next(iter(self.own["test"].columns.values())))
        return len(self.parts["test"])

    def notes(self) -> tuple[str, ...]:
        """What a person should know about the training rows, one line each."""
        labels: dict[Text, set[object]] = {}
        for text, label in zip(self.rows.texts, self.rows.labels, strict=True):
            labels.setdefault(text, set()).add(label)
        repeated = len(self.rows.texts) - len(labels)
        torn = sum(len(found) > 1 for found in labels.values())
        row, label = name_row(self.task)
        again = f"of the training data {agree(repeated, 'repeat')} an earlier {row}"
        several = f"of the training data {agree(torn, 'have')} several {label}s"
        notes = [f"{plural(repeated, 'row')} {again}"] * bool(repeated)
        notes += [f"{plural(torn, row)} {several}"] * bool(torn)
        return (*self.said, *notes)

    def _read(self, table: Table, said: tuple[str, ...] = ()) -> Split:
        if self.classes:
            table = _fold(self.task, table, self.classes)
        with told_together(table, self.task.columns):
            rows = _read_rows(self.task, table, self.classes, self.by)
        return replace(rows, notes=(*table.notes, *said, *rows.notes))


@contextlib.contextmanager
def blamed(task: TaskSpec, part: str) -> Iterator[None]:
    """Mistakes of the data within the block are of the key that names a column which is not there,
    else of the source `train`, `validation` or `test`."""
    try:
        yield
    except UserError as error:
        for one in (error, *error.others):
            column = one.column if isinstance(one, MissingColumn) else None
            one.where = one.where or _name_key(task, part, column)
        raise


def _name_key(task: TaskSpec, part: str, column: str | None) -> str:
    for name in _NAMING if column is not None else ():
        named = getattr(task, name)
        if column in ((named,) if isinstance(named, str) else named or ()):
            return f"task.{name}"
    return f"task.{part}"


def _further(task: TaskSpec, by: str | None) -> tuple[str, ...]:
    return () if by is None or by in (*task.columns, task.group) else (by,)


def _check_folds(task: TaskSpec, own: Mapping[str, Table], rows: Split) -> None:
    where = "task.folds"
    if "validation" in own:
        expected, hint = "a source without a validation split, for task.folds", "leave it out"
        raise UserError(expected, f"{task.train}, which has one", hint, where)
    if len(rows.texts) < task.folds * MINIMUM_ROWS["validation"]:
        expected = f"at least {task.folds * MINIMUM_ROWS['validation']} rows for task.folds"
        raise UserError(expected, f"{len(rows.texts)} in {task.train}", "ask for fewer", where)


def name_row(task: TaskSpec) -> tuple[str, str]:
    """What messages call a row and its label."""
    names: tuple[str, str] = find_kind(task.kind).load_work().name_row(task)
    return names


def _note_missing(task: TaskSpec) -> tuple[str, ...]:
    """That test rows are not there, which nobody reads before the end: they may be kept apart."""
    if task.test is None or not is_missing(task.test):
        return ()
    return (f"there is no file {show(task.test)}, the test rows that `confirm` will read",)


def _read_tables(task: TaskSpec, source: str, wanted: Sequence[str]) -> Mapping[str, Table]:
    if task.image is not None and Path(source).is_dir() and is_image_folder(Path(source)):
        if len(wanted) > len(task.columns):
            got, where = f"the folder {source}", "task.group" if task.group else ""
            hint = f"write one, or leave out {where or 'the column of groups'}"
            raise UserError(f"a data file with the column {wanted[0]}", got, hint, where)
        return read_image_folder(Path(source), wanted)
    return read_source(source, task.subset, wanted, task.reading)


def _read_explicit(
    task: TaskSpec, part: str, source: str, by: str | None = None
) -> tuple[Table, tuple[str, ...]]:
    """A part from a source of its own, which may lack the column `task.group`, and notes of it."""

    def read(*wanted: str) -> tuple[Table, tuple[str, ...]]:
        tables = _read_tables(task, source, (*_further(task, by), *wanted))
        chosen = choose_split(list(tables), part, task, source)
        return tables[chosen], note_unused(list(tables), [chosen], source)

    if task.group is None:
        return read(*task.columns)
    try:
        return read(task.group, *task.columns)
    except UserError as error:
        table, said = read(*task.columns)
        why = f"expected {error.expected}, got {error.got}"
        note = f"{part} rows are not compared with others by {task.group!r}: {why}"
        return table, (*said, note)


def _read_rows(
    task: TaskSpec, table: Table, classes: Sequence[str], by: str | None = None
) -> Split:
    groups = () if task.group is None else table.columns.get(task.group, ())
    values = () if by is None else table.columns[by]
    return replace(
        read_rows(task, table, classes),
        groups=[read_group(x) for x in groups],
        by=["" if x is None else str(x) for x in values],
    )


def _find_own(
    tables: Mapping[str, Table], train: str, task: TaskSpec
) -> tuple[dict[str, Table], tuple[str, ...]]:
    """The source's own validation and test splits, unless their labels are kept secret."""
    own: dict[str, Table] = {}
    used, notes = [train], list[str]()
    others = [name for name in tables if name != train]
    for part in ("validation", "test"):
        if (chosen := _choose_own(others, part, task)) is None:
            continue
        used.append(chosen)
        if reasons := _note_unfit(tables, chosen, part, task):
            notes += reasons
        else:
            own[part] = tables[chosen]
    if task.reading == 1:
        return own, ()
    return own, (*notes, *note_unused(list(tables), used, task.train))


def _note_unfit(
    tables: Mapping[str, Table], name: str, part: str, task: TaskSpec
) -> tuple[str, ...]:
    """Why a split that the job does not name cannot be used; none where it can."""
    try:
        return note_secret(name, tables[name], task.columns[-1])
    except UserError as error:
        if task.reading == 1 or getattr(task, f"{part}_split") is not None:
            raise
        return (f"the split {show(name)} is not used: {error.expected}, but {error.got}",)


def _choose_own(others: Sequence[str], part: str, task: TaskSpec) -> str | None:
    if getattr(task, part) is not None:
        return None
    if getattr(task, f"{part}_split") is not None:
        return choose_split(others, part, task, task.train)
    return next(iter(find_splits(others, part, task)), None)


def _label(task: TaskSpec, table: Table) -> tuple[tuple[str, ...], Table]:
    """The classes, and the table with one spelling for each; kinds without them keep theirs."""
    folded = _fold(task, table)
    classes: tuple[str, ...] = find_kind(task.kind).load_work().find_classes(task, folded)
    return classes, folded if classes else table


def _fold(task: TaskSpec, table: Table, classes: Sequence[str] = ()) -> Table:
    if task.label is None or task.reading == 1:
        return table
    return fold_labels(table, task.label, classes)
