"""How alike recorded pairs rank the same configurations: what carries over from one to another."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from scipy.stats import spearmanr

from benchmarks.ground.lined import Pair, common

_LEAST = 20
"""Configurations that two pairs must both have."""


def compare(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Of each two pairs the rank correlation of validation scores over what both have, and the
    share of the hypervolume of all that on each which the front of the other holds."""
    found = []
    for pair in combinations(pairs, 2):
        lines = common(pair)
        if len(lines) >= _LEAST:
            found.append(_compare(*pair, lines))
    return found


def _compare(left: Pair, right: Pair, lines: Sequence[str]) -> dict[str, Any]:
    return {
        "pairs": [left.name, right.name],
        "configurations": len(lines),
        "rank_correlation": float(spearmanr(left.scores(lines), right.scores(lines)).statistic),
        "front_of_the_other": [
            left.told(right.front(lines), lines),
            right.told(left.front(lines), lines),
        ],
    }


def write_table(told: Sequence[Mapping[str, Any]]) -> str:
    """Lines of Markdown."""
    rows = ["| pairs | configurations | rank correlation | of each, the other's front holds |"]
    rows.append("|---|---|---|---|")
    for x in told:
        held = " and ".join(f"{share:.0%}" for share in x["front_of_the_other"])
        names = " and ".join(x["pairs"])
        rows.append(f"| {names} | {x['configurations']} | {x['rank_correlation']:.2f} | {held} |")
    return "\n".join(rows)
