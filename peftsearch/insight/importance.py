"""Which parameters decide the quality, by PED-ANOVA (Watanabe et al., IJCAI 2023).

It compares how the best trials are spread over a parameter with how all trials are: a parameter
whose best trials lie where the others do not matters. Of each parameter alone: what two
parameters do together is in neither's share. Optuna's evaluator gives the same numbers (a test
compares them), but wants a record per trial, which takes seconds at 10,000 of them.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .densities import (
    category_cells,
    category_density,
    number_cells,
    number_density,
)
from .parameters import LOG

FEWEST = 8
"""Fewer trials say nothing."""
_BEST = 0.1
_FEWEST_BEST = 5
_TINY = 1e-12

Row = Mapping[str, float | str]


def importance(rows: Sequence[Row], targets: Sequence[float]) -> list[tuple[str, float]]:
    """Name and share of each parameter that varies, largest share first; the shares sum to 1.

    Args:
        rows: `n` trials' parameters (`insight.parameters`), all with the same names.
        targets: `n` values of which more is better; a trial without a finite one is left out.

    Returns:
        Nothing where fewer than `FEWEST` trials are left, or where the targets or the parameters
        do not vary.
    """
    kept = [i for i, target in enumerate(targets) if math.isfinite(target)]
    if len(kept) < FEWEST:
        return []
    best = _best(np.array([targets[i] for i in kept]))
    names = list(rows[kept[0]])
    columns = {name: [rows[i][name] for i in kept] for name in names}
    scores = {name: _score(name, column, best) for name, column in columns.items()}
    total = math.fsum(scores.values())
    if total <= 0:
        return []
    found = [
        (name, score / total) for name, score in scores.items() if len(set(columns[name])) > 1
    ]
    return sorted(found, key=lambda item: -item[1])


def _best(targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of `n` trials are in the best tenth, but at least five; ties are."""
    share = min(max(_BEST, _FEWEST_BEST / len(targets)), 0.5)
    last = math.ceil(share * len(targets))
    best: NDArray[np.bool_] = targets >= np.partition(targets, -last)[-last]
    return best


def _score(name: str, column: Sequence[float | str], best: NDArray[np.bool_]) -> float:
    """Pearson divergence of the best trials' density from that of all."""
    if len(set(column)) == 1:
        return 0.0
    words = isinstance(column[0], str)
    cells, count = category_cells(column) if words else number_cells(column, name in LOG)
    estimate = category_density if words else number_density
    every = estimate(np.bincount(cells, minlength=count)) + _TINY
    top = estimate(np.bincount(cells[best], minlength=count)) + _TINY
    return float(every @ (top / every - 1) ** 2)
