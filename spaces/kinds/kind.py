"""A kind of task as one row: what stands in job files, and the object that does its work."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from peftsearch.errors import ANYTHING
from peftsearch.extensions import broken

from .foreign_work import GROUP, ForeignWork
from .model_forms import ModelForm

_OURS = "peftsearch."
"""What the paths of our own works begin with."""

COLUMNS = ("text", "choices", "prompt", "response", "messages", "image", "label")
"""The keys of `[task]` that may name a column."""

_PARTS = ("read", "encode", "decide", "score")
"""Some of what a `Work` does, by which one is told from anything else without importing torch."""


@dataclass(frozen=True)
class TaskKind:
    """One row.

    Attributes:
        name: In job files, adapters and records.
        title: For people.
        form: What a family must offer.
        columns: The columns of `[task]` that it reads, with their usual names; further sets may be
            given in place of the first. Every other column must be left out.
        qualities: Names of the objectives that may be its quality; the first is the default.
        work: Where its `workers.kinds.work.Work` is, as `package.module:NAME`. It is imported when
            rows are read, so that a row needs no torch.
        label: Type of a label and of a prediction: `int` where they are indices.
        problem: What `transformers` calls the problem of a fresh head with one output for each
            class; None where the head has no such choice.
        pipeline: What model hubs call such a task; empty where they have no word for it.
    """

    name: str
    title: str
    form: ModelForm
    columns: tuple[Mapping[str, str], ...]
    qualities: tuple[str, ...]
    work: str
    label: type[int] | type[float] = int
    problem: str | None = None
    pipeline: str = ""

    def __post_init__(self) -> None:
        """Refuse what no job could use.

        Raises:
            ValueError: Says of which row, and why.
        """
        if not (self.columns and self.columns[0] and self.qualities):
            raise ValueError(f"{self.name}: it names no columns, or no qualities")
        for columns in self.columns:
            if unknown := columns.keys() - set(COLUMNS):
                known = ", ".join(COLUMNS)
                raise ValueError(f"{self.name}: column {min(unknown)!r} is none of {known}")
            if self.form.fresh_head and "label" not in columns:
                raise ValueError(f"{self.name}: its head is trained, and no column is its label")

    @property
    def classes(self) -> bool:
        """Whether labels are classes with names, one of each row."""
        return self.problem == "single_label_classification"

    @property
    def baseline(self) -> str:
        """What a model without an adapter is called."""
        return "linear probe" if self.form.fresh_head else "base model"

    def usual_columns(self, given: set[str]) -> Mapping[str, str]:
        """The set of columns that is meant where these are given."""
        others = (columns for columns in self.columns[1:] if given & columns.keys())
        return next(others, self.columns[0])

    def load_work(self) -> Any:
        """The object that reads, encodes, decides and scores.

        Raises:
            UserError: That of another package cannot be imported, or is no such object.
        """
        module, _, name = self.work.partition(":")
        try:
            work = getattr(import_module(module), name)
            if isinstance(work, type) or not all(callable(getattr(work, x, None)) for x in _PARTS):
                raise TypeError(f"{work!r} is no object of `peftsearch.workers.kinds.work.Work`")
            return work if self.work.startswith(_OURS) else ForeignWork(work, self.name)
        except ANYTHING as error:
            got = f"{self.work}: {type(error).__name__}: {error}"
            raise broken(GROUP, self.name, "the work", got) from error
