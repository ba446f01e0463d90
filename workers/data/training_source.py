"""The training source of a task: its splits and classes, and what is held out from its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .image_folders import is_image_folder, read_image_folder
from .partition import Text, hold_out
from .sources import Table, read_source
from .task_rows import Split, name_strata, read_rows

MINIMUM_ROWS = {"train": 8, "validation": 4, "test": 4}
_USUAL_NAMES = {"train": ("train",), "validation": ("val", "dev"), "test": ("test",)}


@dataclass(frozen=True)
class TrainingSource:
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
    def open(cls, task: TaskSpec) -> "TrainingSource":
        """Read the training source; explicit validation and test files are not opened.

        Raises:
            UserError: The source is missing, malformed or of one class.
        """
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
        """One of train, validation and test, with all of its rows; an explicit file is read here.

        Raises:
            UserError: The file is missing or malformed, or the split has too few rows.
        """
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
        """What a person should know about the training rows, one line each."""
        labels: dict[Text, set[object]] = {}
        for text, label in zip(self.rows.texts, self.rows.labels, strict=True):
            labels.setdefault(text, set()).add(label)
        repeated = len(self.rows.texts) - len(labels)
        torn = sum(len(found) > 1 for found in labels.values())
        row, label = name_row(self.task)
        notes = [f"{repeated} rows of the training data repeat an earlier {row}"] * bool(repeated)
        notes += [f"{torn} {row}s of the training data have several {label}s"] * bool(torn)
        return tuple(notes)


def name_row(task: TaskSpec) -> tuple[str, str]:
    """What messages call a row and its label."""
    names: tuple[str, str] = find_kind(task.kind).load_work().name_row(task)
    return names


def _read_tables(task: TaskSpec, source: str) -> dict[str, Table]:
    if task.image is not None and Path(source).is_dir() and is_image_folder(Path(source)):
        return read_image_folder(Path(source), task.columns)
    return read_source(source, task.subset, task.columns)


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
    classes: tuple[str, ...] = find_kind(task.kind).load_work().find_classes(task, train)
    return classes
