"""How much recorded trainings of one configuration differ, and how often the spread that `confirm`
foresees from few of them holds.

Usage, from the root of the repository:
    python -m benchmarks.seed_spread

Two splits of one grid are answered by the same weights, so the covariance of the differences
between two seeds on both is what the weights are worth; the rest is which rows each gets right.
Forecasts are made for the test split, whose differences hold both.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from benchmarks.search.grid import read_pieces
from peftsearch.records.ranges import SHARE
from peftsearch.results.confirmations.seed_spread import BY_ROWS, FREEDOM, RECORDED

GROUND = Path("benchmarks/ground")
GRIDS = {
    "tweets": (0.902, 1373, 858),
    "amazon": (0.822, 1190, 744),
    "shallow-tweets": (0.902, 1373, 858),
    "digits": (0.927, 719, 449),
}
"""Accuracy of the best floor, and rows of the validation and the test split."""
Pairs = NDArray[np.float64]


def read_pairs(name: str, floor: float) -> Pairs:
    """Accuracies of the configurations above the floor with several seeds, `n x 2 x 2`: two seeds
    on two splits."""
    _, rows = read_pieces(GROUND / name)
    found = defaultdict(list)
    for row in rows:
        found[row["configuration"]].append((row["accuracy"], row["test_accuracy"]))
    pairs = np.array([x[:2] for x in found.values() if len(x) > 1])
    return pairs[pairs[:, :, 0].mean(axis=1) > floor]


def parts(pairs: Pairs, rows: int) -> tuple[float, float]:
    """Variance between seeds on the validation rows, and of it what the weights are worth, by that
    of the rows."""
    apart, share = pairs[:, 0] - pairs[:, 1], float(pairs.mean())
    of_rows = share * (1 - share) / rows
    whole, own = (apart[:, 0] ** 2).mean() / 2, (apart[:, 0] * apart[:, 1]).mean() / 2
    return whole / of_rows, own / of_rows


def held(pairs: Pairs, few: int, sizes: Sequence[int], known: int, freedom: float) -> float:
    """Share of test differences within 9 of 10 of what is foreseen from so many other pairs.

    Args:
        few: Rows of the validation split that the job would have, whose noise is drawn.
        sizes: Rows of the two splits.
    """
    draw, inside = np.random.default_rng(0), []
    apart, share = pairs[:, 0] - pairs[:, 1], float(pairs.mean())
    spread = share * (1 - share)
    noise = np.sqrt(2 * BY_ROWS * spread * max(0.0, 1 / few - 1 / sizes[0]))
    for i in range(len(apart)):
        for _ in range(20):
            others = draw.choice(np.delete(apart[:, 0], i), known, replace=False)
            squares = ((others + noise * draw.standard_normal(known)) ** 2 / 2).sum()
            seen = (freedom * RECORDED * spread / few + squares) / (freedom + known)
            own = max(seen - BY_ROWS * spread / few, seen / 2)
            ratio = apart[i, 1] ** 2 / 2 / (own + BY_ROWS * spread / sizes[1])
            inside.append(ratio <= fdtri(1, freedom + known, SHARE))
    return float(np.mean(inside))


def main() -> None:
    """Print both tables."""
    print("| grid | pairs | variance by that of the rows | the weights' |\n|---|---|---|---|")
    grids = {name: (read_pairs(name, x[0]), x[1:]) for name, x in GRIDS.items()}
    for name, (pairs, sizes) in grids.items():
        whole, own = parts(pairs, sizes[0])
        print(f"| {name} | {len(pairs)} | {whole:.2f} | {own:.2f} |")
    print("\n| grid | rows | no pair | one | three | one, nothing recorded |")
    print("|---|---|---|---|---|---|")
    for name, (pairs, sizes) in grids.items():
        for few in (75, 300, sizes[0]):
            cases = (0, FREEDOM), (1, FREEDOM), (3, FREEDOM), (1, 0.0)
            found = [held(pairs, few, sizes, *case) for case in cases]
            print(f"| {name} | {few:,} | {' | '.join(f'{x:.2f}' for x in found)} |")


if __name__ == "__main__":
    main()
