"""What a person should know of a held-out split before its scores are believed."""

from collections import Counter
from collections.abc import Sequence

from peftsearch.message_text import show
from peftsearch.spaces.jobspec.task import TaskSpec

from .likeness import fold_row
from .task_rows import Split
from .training_source import name_row

_FEW = 10
_MOST_NAMED = 5


def note_shared(
    task: TaskSpec, part: Split, other: Split, name: str, other_name: str
) -> tuple[str, ...]:
    """How many rows of a part occur in another one, as they are or nearly so.

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
    return tuple(notes)


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
