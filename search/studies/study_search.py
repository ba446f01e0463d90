"""The parameters of an Optuna study with the largest expected gain in hypervolume."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from peftsearch.errors import UserError
from peftsearch.records.dominance import non_dominated
from peftsearch.search.improvement.acquisition import log_sum
from peftsearch.search.improvement.cell_improvement import log_gain
from peftsearch.search.improvement.cells import Cells, open_cells
from peftsearch.search.surrogates.surrogate import EnsembleMapSaas, Posterior

from .study_values import StudyValues
from .unit_axes import UnitAxes

Matrix = NDArray[np.float64]
Known = Callable[[Mapping[str, Any]], float]
"""An objective's value from the parameters alone."""

_DRAWS = 4
"""Posterior draws for each member of an ensemble."""
_POOL, _PARENTS, _CHILDREN = 1024, 8, 32
_STEPS = (0.3, 0.1, 0.03, 0.01)
"""Standard deviation of an edit of a coordinate, from round to round."""
_MARGIN = 0.1
"""Of the extent of the values, by which the corner of the hypervolume lies beyond them."""


class StudySearch:
    """One suggestion: fits, draws, and the candidates of several rounds."""

    def __init__(
        self,
        axes: UnitAxes,
        signs: Matrix,
        known: Mapping[int, Known],
        done: Sequence[FrozenTrial],
        rng: np.random.Generator,
    ) -> None:
        self._axes, self._known, self._done, self._rng = axes, known, done, rng
        self._goals = len(signs)
        self._values = StudyValues.of([x.values for x in done], signs)

    def best(self, pending: Sequence[FrozenTrial]) -> dict[str, Any]:
        """The parameters with the largest expected gain."""
        points, values, counts = self._observe()
        waiting = self._places(pending)
        there = np.unique(np.concatenate([points, waiting]), axis=0)
        waiting = np.array([x for x in there if not (x == points).all(1).any()])
        waiting = waiting.reshape(-1, points.shape[1])
        evaluate = self._make_gain(points, values, counts, waiting)
        parents = points[np.argsort(-values.mean(1))[:_PARENTS]]
        return self._axes.read(self._climb(parents, evaluate, np.concatenate([points, waiting])))

    def _places(self, trials: Sequence[FrozenTrial]) -> Matrix:
        places = [self._axes.place(x.params) for x in trials]
        return np.array(places).reshape(len(trials), len(self._axes.space))

    def _observe(self) -> tuple[Matrix, Matrix, Matrix]:
        """Distinct points, `n x d`, the mean of what each measured, `n x m`, and how often."""
        points, groups, counts = np.unique(
            self._places(self._done), axis=0, return_inverse=True, return_counts=True
        )
        values = np.zeros((len(points), self._goals))
        np.add.at(values, groups.reshape(-1), self._values.place([x.values for x in self._done]))
        return points, values / counts[:, None], counts.astype(float)

    def _make_gain(
        self, points: Matrix, values: Matrix, counts: Matrix, waiting: Matrix
    ) -> Callable[[Matrix], Matrix]:
        """Log of the expected gain of `k x d` points."""
        seed, everywhere = int(self._rng.integers(2**31)), np.concatenate([points, waiting])
        features = self._axes.features(everywhere)
        posteriors = {
            column: self._fit(features, values[:, column], counts, seed + column)
            for column in range(self._goals)
            if column not in self._known
        }
        fronts = self._draw_fronts(posteriors, everywhere, self._corner(values))

        def gain(candidates: Matrix) -> Matrix:
            shown = self._axes.features(candidates)
            exact = _padded(self._exact(candidates))
            predicted = {i: x.predict(shown) for i, x in posteriors.items()}
            logs = [
                log_gain(cells, exact, {i: (m[s], v[s]) for i, (m, v) in predicted.items()})
                for s, cells in enumerate(fronts)
            ]
            return log_sum(np.array(logs), axis=0)

        return gain

    def _fit(self, features: Matrix, y: Matrix, counts: Matrix, seed: int) -> Posterior:
        fitted = EnsembleMapSaas().fit(features[: len(y)], y, seed)
        return fitted.posterior(features, y, counts, _DRAWS, seed)

    def _draw_fronts(
        self, posteriors: Mapping[int, Posterior], points: Matrix, corner: Matrix
    ) -> list[Cells]:
        """What the front of each draw leaves open. A single objective has a constant one beside
        it, since cells have two sides at least."""
        draws = next((len(x.draws) for x in posteriors.values()), 1)
        exact = self._exact(points)
        found = []
        for draw in range(draws):
            drawn = exact.copy()
            for column, posterior in posteriors.items():
                drawn[:, column] = posterior.draws[draw]
            floor = np.minimum(corner, drawn.max(0) - 1e-9) if len(corner) == 1 else corner
            found.append(open_cells(_padded(drawn), np.append(floor, -1.0)[: max(2, len(floor))]))
        return found

    def _corner(self, values: Matrix) -> Matrix:
        """Below the front and nine tenths of all values in each objective, by a tenth of the
        extent; of a known objective below whatever random parameters have.

        By the front alone, one lucky point near an end would hide the rest of the trade-off; by
        the worst value of all, one failure would make any front look alike.
        """
        front = values[non_dominated(values)]
        worst = np.minimum(front.min(0), np.quantile(values, 0.1, axis=0))
        if self._known:
            drawn = self._exact(self._rng.random((_POOL, len(self._axes.space))))
            columns = list(self._known)
            worst[columns] = np.minimum(worst, drawn.min(0))[columns]
        corner: Matrix = worst - _MARGIN * np.maximum(values.max(0) - worst, 1e-9)
        return corner

    def _exact(self, points: Matrix) -> Matrix:
        """Signed values of the known objectives, `k x m`; 0 in the other columns."""
        values = np.zeros((len(points), self._goals))
        for column, compute in self._known.items():
            found = [_check(column, compute(x)) for x in self._axes.read_all(points)]
            values[:, column] = self._values.place_known(column, found)
        return values

    def _climb(
        self, parents: Matrix, evaluate: Callable[[Matrix], Matrix], taken: Matrix
    ) -> Matrix:
        """The best point of a pool and of several rounds of edits of the best so far."""
        d = taken.shape[1]
        pool = self._axes.snap(np.concatenate([self._rng.random((_POOL, d)), parents]))
        values = self._evaluate(pool, evaluate, taken)
        for step in _STEPS:
            best = pool[np.argsort(-values)[:_PARENTS]]
            children = self._axes.snap(self._edit(np.repeat(best, _CHILDREN, axis=0), step))
            pool = np.concatenate([pool, children])
            values = np.append(values, self._evaluate(children, evaluate, taken))
        best_point: Matrix = pool[int(np.argmax(values))]
        return best_point

    def _edit(self, points: Matrix, step: float) -> Matrix:
        """Some coordinates moved, at least one; some drawn anew, as choices have no neighbours."""
        n, d = points.shape
        moved = self._rng.random((n, d)) < 2.0 / d
        moved[np.arange(n), self._rng.integers(d, size=n)] = True
        near = points + step * self._rng.standard_normal((n, d))
        anew = np.where(self._rng.random((n, d)) < 0.2, self._rng.random((n, d)), near)
        edited: Matrix = np.clip(np.where(moved, anew, points), 0.0, 1.0)
        return edited

    def _evaluate(
        self, points: Matrix, evaluate: Callable[[Matrix], Matrix], taken: Matrix
    ) -> Matrix:
        """Gains; what was tried before comes last, for a space that is used up."""
        values = evaluate(points)
        seen = {x.tobytes() for x in taken}
        again = np.array([x.tobytes() in seen for x in points])
        return np.where(again, -np.inf, np.maximum(values, -1e300))


def _check(column: int, value: float) -> float:
    if not math.isfinite(value):
        expected = f"a finite number of known objective {column}, whatever the parameters"
        raise UserError(expected, f"{value}", "bound it, or leave it out of known")
    return float(value)


def _padded(values: Matrix) -> Matrix:
    """With a constant second objective where there is one."""
    return np.column_stack([values, np.zeros(len(values))]) if values.shape[1] == 1 else values
