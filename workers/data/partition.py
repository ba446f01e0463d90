"""Which rows are held out by the first rules of reading: a function of texts and labels alone.

No random generator is involved: groups of identical texts are ordered by a hash of the text, and
the first ones of each class are held out. So the parts are the same for every job on the data,
whatever its seed and the order of the rows, and one text is never on two sides.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Text = tuple[str, ...]


@dataclass(frozen=True)
class _Group:
    stratum: str
    rows: tuple[int, ...]


def hold_out(
    texts: Sequence[Text], strata: Sequence[str], fractions: Mapping[str, float]
) -> dict[str, list[int]]:
    """Split rows into the named parts and the rest, `train`; stratified.

    A stratum is never held out whole, so each keeps at least one row (or group) in `train`.

    Args:
        texts: `n` texts; identical ones stay together, in the stratum most of them have.
        strata: `n` classes; all equal where nothing is to be stratified.
        fractions: Share of the rows of each part, below one half each; the first is taken first.

    Returns:
        Ascending row indices by part; they are disjoint and cover all `n` rows.
    """
    groups = _group(texts, strata, "hold out")
    parts: dict[str, list[int]] = {}
    for name, fraction in fractions.items():
        quotas = count_quotas(strata, fraction)
        taken, groups = _take(groups, quotas)
        parts[name] = _rows(taken)
    return parts | {"train": _rows(groups)}


def subsample(
    texts: Sequence[Text], strata: Sequence[str], n: int, every: bool = False
) -> list[int]:
    """Ascending indices of `n` rows, stratified; all rows where there are no more than `n`.

    Args:
        texts: Texts of all rows.
        strata: Their classes.
        n: How many to keep.
        every: Keep a row of each class, in place of one of the largest, where `n` allows it.
    """
    if n >= len(texts):
        return list(range(len(texts)))
    # Rows one by one: here it does not matter on which side a repeated text falls.
    ordered = [row for group in _group(texts, strata, "subsample") for row in group.rows]
    quotas = count_quotas(strata, n / len(texts))
    if every and n >= len(quotas):
        _raise_empty(quotas)
    kept = []
    for row in ordered:
        if quotas[strata[row]] > 0:
            quotas[strata[row]] -= 1
            kept.append(row)
    return sorted(kept)


def _group(texts: Sequence[Text], strata: Sequence[str], salt: str) -> list[_Group]:
    """Groups of identical texts, in the order of their hashes."""
    rows: dict[Text, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        rows[text].append(row)
    ordered = sorted(rows, key=lambda text: digest(text, salt))
    return [_Group(_majority([strata[i] for i in rows[x]]), tuple(rows[x])) for x in ordered]


def digest(text: Text, salt: str) -> bytes:
    """What orders texts; another salt gives another order."""
    return hashlib.sha256("\0".join((salt, *text)).encode("utf-8", "surrogatepass")).digest()


def _majority(strata: Sequence[str]) -> str:
    counts = Counter(strata)
    return min(counts, key=lambda stratum: (-counts[stratum], stratum))


def count_quotas(strata: Sequence[str], fraction: float) -> dict[str, int]:
    """Rows to take of each stratum; the rounded numbers add up to the rounded whole."""
    quotas: dict[str, int] = {}
    before = 0
    for stratum, count in sorted(Counter(strata).items()):
        after = before + count
        quotas[stratum] = round_half_up(after * fraction) - round_half_up(before * fraction)
        before = after
    return quotas


def _raise_empty(quotas: dict[str, int]) -> None:
    """Raise quotas of 0 to 1; the largest ones pay."""
    for stratum in [x for x, quota in quotas.items() if not quota]:
        quotas[max(quotas, key=lambda x: quotas[x])] -= 1
        quotas[stratum] = 1


def round_half_up(value: float) -> int:
    """Nearest integer; 2.5 becomes 3, and 2.4999999999 by floating-point error too."""
    return int(value + 0.5 + 1e-9)


def _take(
    groups: Sequence[_Group], quotas: Mapping[str, int]
) -> tuple[list[_Group], list[_Group]]:
    left = Counter(group.stratum for group in groups)
    room = dict(quotas)
    taken: list[_Group] = []
    rest: list[_Group] = []
    for group in groups:
        fits = len(group.rows) <= room.get(group.stratum, 0) and left[group.stratum] > 1
        if fits:
            room[group.stratum] -= len(group.rows)
            left[group.stratum] -= 1
        (taken if fits else rest).append(group)
    return taken, rest


def _rows(groups: Sequence[_Group]) -> list[int]:
    return sorted(row for group in groups for row in group.rows)
