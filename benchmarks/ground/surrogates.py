"""Whether the engine's model foresees recorded trainings better than simple ones do.

Usage: python -m benchmarks.ground.surrogates [--pairs tweets,amazon] [--draws 20]

Of a recorded grid some configurations are drawn, each with its mean over seeds, and the quality of
all others is predicted: by the model of the search, which expects what pairs with other rows
taught (`expected`), by the same without anything taught, by the sparse one of before, by ridge
regression and nearest neighbours on the same features, and by boosted trees on columns of their
own (those that answer in `benchmarks.search.fitted`). Told are the rank correlation and R2 on the
others, and what the search lives by: the share of the truly best tenth among the tenth that is
foreseen to be best. Quality below the reference point's `lowest` counts as that, as it does in a
search.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.search.fitted import ROWS_SHARE
from benchmarks.search.grid import read_grid
from peftsearch.search.features import feature_matrix, relevant
from peftsearch.search.learnt_quality import Hinge
from peftsearch.search.surrogates.gaussian import expect_at
from peftsearch.search.surrogates.surrogate import EnsembleLinearMatern, EnsembleMapSaas
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.space.presets import make_space

from .columns import Matrix, columns
from .expected import expecting, learn_elsewhere
from .lined import rows_of
from .record import HERE
from .trees import make_model

SIZES = (8, 15, 30, 60)
LEAST = 20
"""Configurations that are to be left to predict."""
Predictor = Callable[[Matrix, Matrix, Matrix, float], Matrix]
"""Features and quality of what is known, features of the others, and the standard error of a
quality on the validation rows; what it predicts."""


def _fitted(surrogate: EnsembleLinearMatern | EnsembleMapSaas) -> Predictor:
    def predict(x: Matrix, y: Matrix, others: Matrix, error: float) -> Matrix:
        members = surrogate.fit(x, y, 0, error**2).members
        noises = [np.full(len(y), member.noise) for member in members]
        means: Matrix = expect_at(members, x, y, noises, others)[0]
        return means

    return predict


def _of(make: Callable[[], object]) -> Predictor:
    def predict(x: Matrix, y: Matrix, others: Matrix, error: float) -> Matrix:
        model: object = make()
        found: Matrix = model.fit(x, y).predict(others)  # type: ignore[attr-defined]
        return found

    return predict


COLD = "ours, nothing taught"
PREDICTORS: Mapping[str, Predictor] = {
    "ours": _fitted(EnsembleLinearMatern()),
    COLD: _fitted(EnsembleLinearMatern()),
    "MAP-SAAS": _fitted(EnsembleMapSaas()),
    "ridge": _of(lambda: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))),
    "5 neighbours": _of(
        lambda: make_pipeline(StandardScaler(), KNeighborsRegressor(5, weights="distance"))
    ),
    "trees": _of(lambda: make_model(0)),
}


def compare(folder: Path, draws: int) -> dict[tuple[int, str], list[tuple[float, float, float]]]:
    """By number of known configurations and predictor: rank correlation, R2 and hits of each
    draw."""
    grid = read_grid(folder)
    members = make_space(grid.spec).members
    quality = [grid.truth.quality(x) for x in members]
    y = np.maximum(quality, grid.reference.lowest)
    space = make_space(parse_spec(grid.spec.to_json() | {"space": {}}))
    learnt = learn_elsewhere(rows_of(folder.name))

    def see(learnt: Sequence[Hinge]) -> Matrix:
        with expecting(learnt):
            seen: Matrix = feature_matrix(members, grid.spec.anatomy)[:, relevant(space, ())]
        return seen

    plain = see(())
    known = {"trees": columns(members)[0], "ours": see(learnt)}
    error = ROWS_SHARE * grid.reference.error
    found = defaultdict(list)
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(len(y))
        for size in (x for x in SIZES if x + LEAST <= len(y)):
            train, test = order[:size], order[size:]
            for name, predict in PREDICTORS.items():
                x = known.get(name, plain)
                told = predict(x[train], y[train], x[test], error)
                found[size, name].append(_score(told, y[test]))
    return found


def _score(told: Matrix, truth: Matrix) -> tuple[float, float, float]:
    best = max(1, len(truth) // 10)
    hits = set(np.argsort(-told)[:best]) & set(np.argsort(-truth)[:best])
    explained = 1 - float(np.mean((told - truth) ** 2) / truth.var())
    return float(spearmanr(told, truth).statistic), explained, len(hits) / best


def tell(name: str, found: Mapping[tuple[int, str], Sequence[tuple[float, float, float]]]) -> str:
    """A table: means over draws, with the standard error of the difference of the rank correlation
    to ours."""
    rows = [f"{name}:", "", "| known | model | rank correlation | R2 | of the best tenth |"]
    rows.append("|---|---|---|---|---|")
    for (size, model), scores in found.items():
        correlations, base = (np.array([x[0] for x in found[size, m]]) for m in (model, "ours"))
        apart = correlations - base
        sigma = apart.std(ddof=1) / np.sqrt(len(apart))
        beside = f" ({apart.mean():+.2f} ± {sigma:.2f})" if model != "ours" else ""
        mean = np.mean(scores, axis=0)
        cells = f"{mean[0]:.2f}{beside} | {mean[1]:.2f} | {mean[2]:.2f}"
        rows.append(f"| {size} | {model} | {cells} |")
    return "\n".join(rows)


def main() -> None:
    """Compare and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="tweets")
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    with threadpool_limits(1):
        for name in options.pairs.split(","):
            found = compare(HERE / name, options.draws)
            print(tell(name, found) + "\n")


if __name__ == "__main__":
    main()
