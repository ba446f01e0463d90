"""The next configuration where there are more than two goals, or limits on what is measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray

from peftsearch.records.axes import known_value
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.space import Space

from .goals.box import Side, place
from .goals.observations import Observation
from .goals.reference_point import ReferencePoint
from .improvement.acquisition import log_sum
from .improvement.cell_improvement import Moments, log_feasible, log_gain
from .improvement.cells import Cells, open_cells
from .memory import Terrain
from .suggester import DRAWS, Outlook, Suggester, choose_surrogate
from .surrogates.surrogate import Fitted, Posterior, Surrogate

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class _Learnt:
    """The surrogate of one measured number, and the mean of what each known point measured."""

    fitted: Fitted
    means: Matrix


class ManySuggester(Suggester):
    """One fit of each measured number for a batch of proposals; all have the same features.

    As of the quality, what lies beyond the corner of a goal is clamped there; a failed
    configuration counts as the corner in each, and of what is a limit alone as the worst that was
    seen.
    """

    def __init__(
        self,
        spec: JobSpec,
        space: Space,
        reference: ReferencePoint,
        box: Sequence[Side],
        observations: Sequence[Observation],
        seed: int,
        surrogate: Surrogate | None = None,
        terrain: Terrain | None = None,
    ) -> None:
        surrogate = surrogate or choose_surrogate(spec)
        super().__init__(spec, space, reference, observations, seed, surrogate, terrain)
        self._box = box
        self._learnt = {spec.task.quality: _Learnt(self._fitted, self._means)}
        for name in spec.measured[1:]:
            self._learnt[name] = self._learn(name, surrogate)
        self._exact: dict[str, list[float]] = {}

    def _learn(self, name: str, surrogate: Surrogate) -> _Learnt:
        side = next((x for x in self._box if x.goal.name == name), None)
        goal = objective(name)
        places = [[place(goal, y) for y in x.values.get(name, ())] for x in self._known]
        lowest = min((y for x in places for y in x), default=0.0) if side is None else side.lowest
        rows = [(i, max(y, lowest)) for i, x in enumerate(places) for y in x or [lowest]]
        groups, y = np.array([i for i, _ in rows]), np.array([y for _, y in rows])
        means = np.bincount(groups, weights=y) / np.bincount(groups)
        return _Learnt(surrogate.fit(self._x[groups], y, self._seed), means)

    def _condition(self, pending: Sequence[Configuration]) -> Outlook:
        """The front of each draw has the points that are within the limits in that draw."""
        x = np.concatenate([self._x, self._encode(pending)[0]])
        posteriors = {
            name: found.fitted.posterior(x, found.means, self._counts, DRAWS, self._seed + i)
            for i, (name, found) in enumerate(self._learnt.items())
        }
        points = [x.configuration for x in self._known] + list(pending)
        drawn = self._draw(posteriors, points)
        corner = np.array([side.corner for side in self._box])
        fronts = [open_cells(front, corner) for front in drawn]

        def evaluate(configurations: Sequence[Configuration]) -> Matrix:
            features, _ = self._encode(configurations)
            predicted = {name: found.predict(features) for name, found in posteriors.items()}
            exact = self._places(configurations)
            values = [
                self._value(cells, exact, _at(predicted, draw))
                for draw, cells in enumerate(fronts)
            ]
            mean: Matrix = log_sum(np.array(values), axis=0) - np.log(len(values))
            return mean

        volumes = [
            moocore.hypervolume(x, ref=corner, maximise=True) if len(x) else 0 for x in drawn
        ]
        return Outlook(evaluate, float(np.mean(volumes)))

    def _draw(
        self, posteriors: Mapping[str, Posterior], configurations: Sequence[Configuration]
    ) -> list[Matrix]:
        """The points of each draw that may be on its front, with all goals."""
        draws = {name: found.draws for name, found in posteriors.items()}
        there = np.array([not x.failed or bool(x.qualities) for x in self._known], bool)
        there = np.concatenate([there, np.ones(len(configurations) - len(there), bool)])
        found, points = [], self._places(configurations)
        for draw in range(len(draws[self._spec.task.quality])):
            able = there.copy()
            for name, limit in self._limits():
                able &= draws[name][draw] >= limit
            for column, side in enumerate(self._box):
                if side.goal.name in draws:
                    points[:, column] = draws[side.goal.name][draw]
            found.append(points[able])
        return found

    def _value(self, cells: Cells, exact: Matrix, moments: Mapping[str, Moments]) -> Matrix:
        """Log of the gain of candidates, given a draw, times their chance to keep the limits."""
        names = [side.goal.name for side in self._box]
        uncertain = {i: moments[name] for i, name in enumerate(names) if name in moments}
        limits = [(limit, moments[name]) for name, limit in self._limits()]
        found: Matrix = log_gain(cells, exact, uncertain) + log_feasible(limits)
        return found

    def _limits(self) -> list[tuple[str, float]]:
        return [(x.name, place(objective(x.name), x.limit)) for x in self._spec.limits]

    def _places(self, configurations: Sequence[Configuration]) -> Matrix:
        """Of the known goals, `k x d`; 0 in the columns of the others."""
        for x in configurations:
            if x.key not in self._exact:
                self._exact[x.key] = [self._place(side, x) for side in self._box]
        return np.array([self._exact[x.key] for x in configurations])

    def _place(self, side: Side, configuration: Configuration) -> float:
        name = side.goal.name
        return side.place(known_value(self._spec, name, configuration)) if side.goal.known else 0.0


def _at(predicted: Mapping[str, Moments], draw: int) -> dict[str, Moments]:
    return {name: (mean[draw], variance[draw]) for name, (mean, variance) in predicted.items()}
