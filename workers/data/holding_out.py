"""Holding rows out of the training source: by which likeness of rows, and what is said of it."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from peftsearch.message_text import agree, plural
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .folds import split_folds
from .grouped_partition import hold_out_groups
from .likeness import fold_row, fold_text, join_rows
from .partition import Text, hold_out
from .task_rows import Split, name_strata

_TOLERANCE = 0.3
"""Share of the rows to hold out that may be missed before shared texts count as too common."""

Parts = dict[str, list[int]]


def hold_out_rows(
    task: TaskSpec, rows: Split, fractions: Mapping[str, float]
) -> tuple[Parts, tuple[str, ...]]:
    """Row indices of `train` and of each part, and notes of what was kept together.

    Args:
        fractions: Share of the rows of each part; empty where all parts are other splits.
    """
    strata = name_strata(task.kind, rows)
    if task.reading == 1:
        return hold_out(rows.texts, strata, fractions), ()
    if not fractions:
        return {"train": list(range(len(rows.texts)))}, ()
    folded = [fold_row(text) for text in rows.texts]
    whole = _mark_whole(folded, rows.groups)
    marks = [[*own, *mark_sides(task, text)] for own, text in zip(whole, rows.texts, strict=True)]
    joined = join_rows(marks)
    parts = hold_out_groups(rows.texts, strata, joined, fractions, task.split_seed)
    missed = _count_missed(parts, fractions, len(joined))
    if marks == whole or missed <= _TOLERANCE * sum(fractions.values()) * len(joined):
        parts = _fold(task, rows, strata, joined, parts)
        return parts, _note_groups(task, rows.texts, folded, joined)
    alone = join_rows(whole)
    nearer = hold_out_groups(rows.texts, strata, alone, fractions, task.split_seed)
    if _count_missed(nearer, fractions, len(joined)) >= missed:
        parts = _fold(task, rows, strata, joined, parts)
        return parts, _note_groups(task, rows.texts, folded, joined)
    linked = max(Counter(joined).values())
    note = (
        f"{linked} of {len(joined)} rows hang together by texts that they share, too many to be "
        "held out: held-out rows share texts with training rows"
    )
    nearer = _fold(task, rows, strata, alone, nearer)
    return nearer, (note, *_note_groups(task, rows.texts, folded, alone))


def _fold(
    task: TaskSpec, rows: Split, strata: Sequence[str], groups: Sequence[int], parts: Parts
) -> Parts:
    """The parts with what each fold holds out, if the job has folds: the first in place of
    `validation`, the others as `fold 1` and so on."""
    if task.folds == 1:
        return parts
    free = sorted(parts["train"] + parts["validation"])
    held = split_folds(rows.texts, strata, groups, free, task.folds, task.split_seed)
    named = {f"fold {i}": fold for i, fold in enumerate(held) if i}
    first = set(held[0])
    train = [row for row in free if row not in first]
    return {**parts, "train": train, "validation": held[0], **named}


def _mark_whole(folded: Sequence[Text], groups: Sequence[str | None]) -> list[list[Hashable]]:
    marks: list[list[Hashable]] = [[("row", *text)] for text in folded]
    for mark, group in zip(marks, groups, strict=bool(groups)):
        if group is not None:
            mark.append(("group", group))
    return marks


def mark_sides(task: TaskSpec, text: Text) -> list[Hashable]:
    """What a row shares with those that have one of its sides too, as a premise."""
    sides = find_kind(task.kind).load_work().sides(task, text)
    return [("side", fold_text(side)) for side in sides if side.strip()]


def _count_missed(parts: Parts, fractions: Mapping[str, float], rows: int) -> float:
    """Rows by which the parts are smaller or larger than they should be."""
    return sum(abs(len(parts[name]) - share * rows) for name, share in fractions.items())


def _note_groups(
    task: TaskSpec,
    texts: Sequence[Text],
    folded: Sequence[Text],
    joined: Sequence[int],
) -> tuple[str, ...]:
    found = len(set(joined))
    if task.group is not None:
        same = len(set(folded)) < len(texts)
        beside = ", and the same text in two of them joins them" if same else ""
        held = f"rows are held out by {task.group!r}{beside}"
        return (f"{held}: {plural(found, 'group')} of {plural(len(joined), 'row')}",)
    repeats = len(texts) - len(set(folded))
    alike = repeats - (len(texts) - len(set(texts)))
    linked = len(texts) - repeats - found
    why = [("repeat", "an earlier one but for case, spaces or punctuation", alike)]
    why.append(("share", "a text with an earlier one", linked))
    return tuple(
        f"{plural(count, 'row')} of the training data {agree(count, verb)} {what}; "
        f"{'it stays' if count == 1 else 'they stay'} on its side"
        for verb, what, count in why
        if count
    )
