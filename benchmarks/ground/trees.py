"""Boosted trees of the quality of a configuration, and how well they know what they have not seen.

No engine that is measured here models with trees.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.ensemble import BaggingRegressor, HistGradientBoostingRegressor
from sklearn.model_selection import KFold

from .columns import Matrix

BAGS, FOLDS, REPEATS, SHUFFLES = 5, 10, 3, 4


def make_model(seed: int) -> BaggingRegressor:
    """Small trees, slowly: there are hundreds of rows at most. Several models of redrawn rows,
    since one has the same answer for whole regions."""
    trees = HistGradientBoostingRegressor(
        learning_rate=0.08, max_iter=80, max_leaf_nodes=8, min_samples_leaf=5
    )
    return BaggingRegressor(trees, BAGS, random_state=seed)


def held_out(x: Matrix, y: Matrix, where: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """R2 and rank correlation on held-out rows, and R2 lost without each choice; one number for
    each repeat."""
    found: dict[str, Any] = {"explained": [], "rank_correlation": [], "lost": defaultdict(list)}
    for repeat in range(REPEATS):
        answers, without = np.empty(len(y)), {name: np.empty(len(y)) for name in where}
        for train, test in KFold(FOLDS, shuffle=True, random_state=repeat).split(x):
            model = make_model(repeat).fit(x[train], y[train])
            answers[test] = model.predict(x[test])
            for name, own in where.items():
                without[name][test] = _mean_loss(model, x, test, own, y, repeat)
        error = (answers - y) ** 2
        found["explained"].append(1 - error.mean() / y.var())
        found["rank_correlation"].append(spearmanr(answers, y).statistic)
        for name, lost in without.items():
            found["lost"][name].append((lost - error).mean() / y.var())
    return found


def _mean_loss(
    model: Any, x: Matrix, test: Matrix, own: Sequence[int], y: Matrix, seed: int
) -> Matrix:
    """Mean squared error of each held-out row where a choice is that of others, `m`."""
    rng, losses = np.random.default_rng(seed), np.zeros(len(test))
    for _ in range(SHUFFLES):
        changed = x[test]
        changed[:, own] = x[rng.permutation(len(x))[: len(test)]][:, own]
        losses += (model.predict(changed) - y[test]) ** 2
    return losses / SHUFFLES
