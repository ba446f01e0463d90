"""What a part of a schedule says of its end: whether short trainings could decide.

For each recorded pair and each look: the rank correlation with the end, of the weights as they are
and of the mean of recent ones (the last half of the steps so far, where that was recorded); how
many trainings are below the best floor there; and how many of these end on the front of quality
against trainable parameters, or among the best quarter, which a rule that ends them would lose.
Where schedules of a third of the length were recorded (`short/PAIR`), the same correlation of
their ends, beside that of the mean of recent weights at a third of the whole, of the same
configurations, each the mean over its seeds.

Usage: python -m benchmarks.ground.rungs [PAIR ...]
"""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from peftsearch.records.dominance import non_dominated

from .record import HERE, LOOKS, read_pieces

QUALITY, COST = "accuracy", "trainable_parameters"
PAIRS = ("tweets", "amazon", "shallow-tweets", "digits")
SHARES = dict(zip(LOOKS[:-1], ("1/9", "1/3", "2/3"), strict=True))
FEW = 10
"""Trainings, of which a rank correlation says too little."""


def read_floor(folder: Path) -> float:
    """Quality of the best baseline without adapters."""
    told = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return max(x[QUALITY] for y in told for x in y["floors"].values() if QUALITY in x)


def read_trained(folder: Path) -> list[dict[str, Any]]:
    """What was trained to its end with something attached."""
    rows = read_pieces(folder, "*")
    return [x for x in rows if x["adapted_layers"] and x.get(f"{QUALITY}_at_end") is not None]


def correlate(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """Spearman's correlation of a column with the end, and of how many trainings."""
    known = [x for x in rows if x.get(name) is not None]
    if len(known) < FEW:
        return f"of {len(known)}"
    found = spearmanr([x[name] for x in known], [x[f"{QUALITY}_at_end"] for x in known])
    return f"{found.statistic:.2f} of {len(known)}"


def find_front(rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Places of those that end on the front."""
    heights = np.array([[x[f"{QUALITY}_at_end"], -x[COST]] for x in rows])
    return {int(i) for i in np.flatnonzero(non_dominated(heights))}


def tell(pair: str, rows: Sequence[Mapping[str, Any]], floor: float) -> list[str]:
    """Lines of the table, one for each look."""
    end = np.array([x[f"{QUALITY}_at_end"] for x in rows])
    front, best = find_front(rows), set(np.flatnonzero(end >= np.quantile(end, 0.75)).tolist())
    lines = []
    for look, share in SHARES.items():
        below = {i for i, x in enumerate(rows) if x[f"{QUALITY}_{look}"] < floor}
        raw = correlate(rows, f"{QUALITY}_{look}")
        averaged = correlate(rows, f"{QUALITY}_average_{look}")
        lost = f"{len(below & front)} of {len(front)} | {len(below & best)} of {len(best)}"
        lines.append(f"| {pair} | {share} | {raw} | {averaged} | {len(below)} | {lost} |")
    return lines


def compare_short(pair: str, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """A line of the second table; None where no short schedules are recorded."""
    short = {x["key"]: x[f"{QUALITY}_at_end"] for x in read_trained(HERE / "short" / pair)}
    names = (f"{QUALITY}_at_1_3", f"{QUALITY}_average_at_1_3", f"{QUALITY}_at_end")
    seen = defaultdict(list)
    for row in rows:
        if row["key"] in short and all(row.get(name) is not None for name in names):
            seen[row["key"]].append([row[name] for name in names])
    if not seen:
        return None
    raw, averaged, end = np.array([np.mean(x, axis=0) for x in seen.values()]).T
    own = [short[key] for key in seen]
    cells = (f"{spearmanr(x, end).statistic:.2f}" for x in (own, raw, averaged))
    return f"| {pair} | {len(seen)} | {' | '.join(cells)} |"


def main() -> None:
    """Print the tables."""
    head = ("pair", "share", "as they are", "averaged", "below the floor", "front", "best quarter")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for pair in sys.argv[1:] or PAIRS:
        print("\n".join(tell(pair, read_trained(HERE / pair), read_floor(HERE / pair))))
    head = ("pair", "configurations", "own schedule of a third", "at a third", "averaged there")
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for pair in sys.argv[1:] or PAIRS:
        if line := compare_short(pair, read_trained(HERE / pair)):
            print(line)


if __name__ == "__main__":
    main()
