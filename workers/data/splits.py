"""Which split of a source is which part of a job."""

import re
from collections.abc import Mapping, Sequence

from peftsearch.errors import UserError
from peftsearch.message_text import shorten, show
from peftsearch.spaces.jobspec.task import TaskSpec

from .table import Table

_NAMES: Mapping[str, Sequence[str]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "eval", "evaluation", "dev", "development"),
    "test": ("test", "testing"),
}
_BEGINNINGS = {"train": ("train",), "validation": ("val", "dev"), "test": ("test",)}
"""By the first rules of reading: the first split that begins like one of them."""


def choose_split(names: Sequence[str], part: str, task: TaskSpec, source: str) -> str:
    """The split that is a part of the job; the only one there is where names differ.

    Args:
        part: `train`, `validation` or `test`.

    Raises:
        UserError: None fits, or several do.
    """
    wanted = getattr(task, f"{part}_split")
    if wanted is None and len(names) == 1:
        return names[0]
    found = find_splits(names, part, task)
    if found and (part != "train" or len(found) == 1):
        return found[0]
    name = part if wanted is None else wanted
    raise UserError(
        f"a split {name!r} in {source}",
        f"splits {shorten(', '.join(found or names))}",
        f"name one as task.{part}_split",
        where=f"task.{part}_split" if wanted is not None else f"task.{part}",
    )


def find_splits(names: Sequence[str], part: str, task: TaskSpec) -> list[str]:
    """The splits that could be a part, the best first: the one that the job names, else one of
    exactly a usual name, else those that go on after it, as `validation_matched`."""
    wanted = getattr(task, f"{part}_split")
    if wanted is not None:
        return [name for name in names if name == wanted]
    if task.reading == 1:
        return [x for usual in _BEGINNINGS[part] for x in names if x.startswith(usual)][:1]
    exact = [x for usual in _NAMES[part] for x in names if x.lower() == usual]
    longer = [
        name
        for usual in _NAMES[part]
        for name in names
        if re.match(rf"{usual}[^a-z]", name.lower())
    ]
    return exact[:1] or longer


def note_unused(names: Sequence[str], used: Sequence[str], source: str) -> tuple[str, ...]:
    """Which splits of a source no part of the job is taken from."""
    left = [name for name in names if name not in used]
    if not left:
        return ()
    keys = "task.train_split, task.validation_split and task.test_split choose"
    return (f"splits of {source} that are not used: {shorten(', '.join(left))}; {keys}",)


def note_secret(name: str, table: Table, column: str) -> tuple[str, ...]:
    """That a split is not used, since its labels are kept secret as in many test splits."""
    if any(label is not None for label in table.columns[column]):
        return ()
    return (f"the split {show(name)} has no labels, so rows of the training data are held out",)
