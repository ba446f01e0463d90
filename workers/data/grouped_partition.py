"""Which groups of rows are held out: a function of texts, labels and groups alone.

As `partition`, with groups that are joined by more than identical texts and may hold several
classes, and with every class in every part that it can be in.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .partition import Text, count_quotas, digest


@dataclass(frozen=True)
class Group:
    """Rows that stay together.

    Attributes:
        rows: Ascending.
        classes: How many rows there are of each class.
    """

    rows: tuple[int, ...]
    classes: Counter[str]

    @property
    def majority(self) -> str:
        """The class of most rows."""
        return min(self.classes, key=lambda name: (-self.classes[name], name))


def hold_out_groups(
    texts: Sequence[Text],
    strata: Sequence[str],
    groups: Sequence[int],
    fractions: Mapping[str, float],
    seed: int = 0,
) -> dict[str, list[int]]:
    """Split rows into the named parts and the rest, `train`; stratified.

    A class is in `train` before it is in any part, and in the last part before it is in the first.

    Args:
        texts: `n` texts, which order the groups by their hashes.
        strata: `n` classes; all equal where nothing is to be stratified.
        groups: `n` numbers, equal for rows that stay together.
        fractions: Share of the rows of each part, below one half each; the first is taken first.
        seed: Another one orders the groups otherwise.

    Returns:
        Ascending row indices by part; they are disjoint and cover all `n` rows.
    """
    rest = _order(texts, strata, groups, f"hold out {seed}" if seed else "hold out")
    parts: dict[str, list[int]] = {}
    for place, (name, fraction) in enumerate(fractions.items()):
        kept = len(fractions) - place  # groups of each class that later parts and `train` need
        taken, rest = _take(rest, count_quotas(strata, fraction), kept)
        taken, rest = _cover(taken, rest, kept)
        parts[name] = _rows(taken)
    return parts | {"train": _rows(rest)}


def _order(
    texts: Sequence[Text], strata: Sequence[str], groups: Sequence[int], salt: str
) -> list[Group]:
    rows: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        rows[group].append(row)
    hashes = {group: min(digest(texts[x], salt) for x in rows[group]) for group in rows}
    return [
        Group(tuple(rows[group]), Counter(strata[x] for x in rows[group]))
        for group in sorted(rows, key=lambda group: hashes[group])
    ]


def _take(
    groups: Sequence[Group], room: Mapping[str, int], kept: int
) -> tuple[list[Group], list[Group]]:
    """Groups in their order while there is room for them."""
    left, free = _count(groups), Counter(room)
    taken: list[Group] = []
    rest: list[Group] = []
    for group in groups:
        name = group.majority
        fits = group.classes[name] <= free[name] and len(group.rows) <= free.total()
        if fits and _may_leave(group, left, kept):
            free.subtract(group.classes)
            left.subtract(list(group.classes))
            taken.append(group)
        else:
            rest.append(group)
    return taken, rest


def _cover(taken: list[Group], rest: list[Group], kept: int) -> tuple[list[Group], list[Group]]:
    """The same with the smallest group of each class that is still missing."""
    for name in sorted(_count([*taken, *rest])):
        left = _count(rest)
        able = [x for x in rest if name in x.classes and _may_leave(x, left, kept)]
        if able and not any(name in group.classes for group in taken):
            smallest = min(able, key=lambda group: len(group.rows))
            taken = [*taken, smallest]
            rest = [group for group in rest if group is not smallest]
    return taken, rest


def _may_leave(group: Group, left: Mapping[str, int], kept: int) -> bool:
    return all(left[name] > kept for name in group.classes)


def _count(groups: Sequence[Group]) -> Counter[str]:
    """Groups that hold each class."""
    return Counter(name for group in groups for name in group.classes)


def _rows(groups: Sequence[Group]) -> list[int]:
    return sorted(row for group in groups for row in group.rows)
