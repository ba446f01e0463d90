"""Cross-validation of small data: every row is held out once, in the fold of its group."""

import warnings
from collections import defaultdict
from collections.abc import Sequence

from sklearn.model_selection import StratifiedGroupKFold

from .partition import Text, digest


def split_folds(
    texts: Sequence[Text],
    strata: Sequence[str],
    groups: Sequence[int],
    rows: Sequence[int],
    folds: int,
    seed: int = 0,
) -> list[list[int]]:
    """The rows that each fold holds out; the others of `rows` are what it is trained on.

    As of other held-out rows, the order of the file has no part in it. The rows of a class that
    one group alone has are held out by no fold, since none could learn it then.

    Args:
        texts: `n` texts, which order the groups by their hashes.
        strata: `n` classes; all equal where nothing is to be stratified.
        groups: `n` numbers, equal for rows that stay together.
        rows: Those that are neither of the test split nor of another.
        seed: Another one gives other folds.

    Returns:
        Ascending row indices by fold, disjoint.
    """
    salt = f"fold {seed}" if seed else "fold"
    ordered = sorted(rows, key=lambda row: digest(texts[row], salt))
    able = [row for row in ordered if groups[row] not in _alone(strata, groups, rows)]
    ranks = {group: rank for rank, group in enumerate(dict.fromkeys(groups[x] for x in able))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # classes with fewer groups than folds
        splits = StratifiedGroupKFold(folds).split(
            able, [strata[row] for row in able], [ranks[groups[row]] for row in able]
        )
        return [sorted(able[i] for i in held) for _, held in splits]


def _alone(strata: Sequence[str], groups: Sequence[int], rows: Sequence[int]) -> set[int]:
    """Groups that a class has no other of."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        found[strata[row]].add(groups[row])
    return {group for holders in found.values() if len(holders) == 1 for group in holders}
