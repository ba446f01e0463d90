"""What a person should know of a held-out split before its scores are believed."""

from collections import Counter
from collections.abc import Sequence

from peftsearch.message_text import agree, plural, show
from peftsearch.spaces.jobspec.task import TaskSpec

from .holding_out import mark_sides
from .likeness import fold_row
from .task_rows import Split
from .training_source import name_row

_FEW = 10
_MOST_NAMED = 5


def note_shared(
    task: TaskSpec, part: Split, other: Split, name: str, other_name: str
) -> tuple[str, ...]:
    """How many rows of a part occur in another one, as they are or nearly so, or in part, or are
    of a group that it has too.

    Args:
        name: Of the part, for people.
        other_name: Of the other one.
    """
    texts, folded = set(other.texts), {fold_row(text) for text in other.texts}
    shared = sum(text in texts for text in part.texts)
    alike = sum(fold_row(text) in folded for text in part.texts) - shared
    rows = f"of {len(part.texts)} {name} {name_row(task)[0]}s"
    notes = [f"{shared} {rows} also occur in the {other_name} split"] * bool(shared)
    but = "but for case, spaces or punctuation"
    notes += [f"{alike} {rows} also occur in the {other_name} split {but}"] * bool(alike)
    return (
        *notes,
        *_note_sides(task, part, other, name, other_name),
        *_note_groups(task, part, other, name, other_name),
    )


def _note_sides(
    task: TaskSpec, part: Split, other: Split, name: str, other_name: str
) -> tuple[str, ...]:
    """Rows that share a side alone, as a premise; those that occur there whole are not counted."""
    sides = {side for text in other.texts for side in mark_sides(task, text)}
    if not sides:
        return ()
    folded = {fold_row(text) for text in other.texts}
    linked = sum(
        fold_row(text) not in folded and not sides.isdisjoint(mark_sides(task, text))
        for text in part.texts
    )
    rows = f"{linked} of {len(part.texts)} {name} rows"
    return (
        (f"{rows} {agree(linked, 'share')} a text with the {other_name} split",) if linked else ()
    )


def _note_groups(
    task: TaskSpec, part: Split, other: Split, name: str, other_name: str
) -> tuple[str, ...]:
    known = {*other.groups} - {None}
    shared = [group for group in part.groups if group in known]
    rows = f"{len(shared)} of {len(part.groups)} {name} rows"
    groups = f"{plural(len(set(shared)), 'group')} by {task.group!r}"
    return (
        (f"{rows} {agree(len(shared), 'are')} of {groups} that the {other_name} split has too",)
        if shared
        else ()
    )


def note_classes(validation: Split, names: Sequence[str]) -> tuple[str, ...]:
    """Classes that the validation split holds no or few rows of.

    Args:
        names: Of the classes, by index; empty for kinds without.
    """
    if not names:
        return ()
    found = Counter(validation.labels)
    counts = {name: found[index] for index, name in enumerate(names)}
    present = [name for name, rows in counts.items() if rows]
    few = sorted((x for x in names if counts[x] < _FEW), key=lambda x: (counts[x], x))
    notes = []
    if len(present) == 1:
        notes.append(f"all validation rows are of the class {show(present[0])}")
    if few:
        named = ", ".join(f"{show(name)} {counts[name]}" for name in few[:_MOST_NAMED])
        more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
        notes.append(f"classes with fewer than {_FEW} validation rows: {named}{more}")
    return tuple(notes)
