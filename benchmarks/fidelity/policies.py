"""What to train next where trainings may pause: by the engine's model, or as others do it.

A policy takes the runs so far, and returns one to go on with, or a configuration to begin.

`Gain` takes what promises most hypervolume for each step. A look is an observation of the end with
a noise of its own, told from the runs that came to theirs. A paused run promises its expected gain
for what is left of it. A new one is worth the rate r at which beginning it pays just as well as
anything that pays r: E[max(0, gain - rest r)] = first r, where the gain is what will be expected
of it after its first look (Weitzman's index of a box that opens in two steps).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import moocore
import numpy as np
from numpy.typing import NDArray

from peftsearch.records.axes import cost_of
from peftsearch.search.goals.reference_point import ReferencePoint
from peftsearch.search.improvement.acquisition import (
    acquisition_values,
    log_ehvi,
    log_sum,
    staircase,
)
from peftsearch.search.memory import Terrain
from peftsearch.search.surrogates.gaussian import EnsemblePosterior
from peftsearch.search.surrogates.surrogate import EnsembleLinearMatern
from peftsearch.spaces.configurations.configuration import Configuration

from .recorded import Run

Matrix = NDArray[np.float64]
DRAWS, NODES, MOST = 32, 9, 24
"""Posterior draws of a member, looks that are imagined of a new run, and new runs for which that
is done: those whose gain is largest."""
USUAL_RISE, USUAL_SPREAD, WEIGHT = (1.0, 0.35), (1.0, 0.6), (2.0, 4.0)
"""By how much a quality rises from a look at a third, or at two, to the end, and the deviation of
that, in standard errors of the validation rows; and how many runs these count as."""
_HALVINGS = 60


@dataclass(frozen=True)
class Gain:
    """See the module.

    Attributes:
        looks: Shares of the schedule at which a run pauses; none of a job without.
    """

    terrain: Terrain
    reference: ReferencePoint
    looks: Sequence[float]

    def choose(self, runs: Sequence[Run], seed: int) -> Run | Configuration | None:
        """The next; None where nothing promises anything."""
        told = [self._tell(runs, x) for x in runs]
        y = np.array([max(x, self.reference.lowest) for x, _ in told])
        extra = np.array([x for _, x in told])
        x, places = self._encode([run.configuration for run in runs])
        fitted = EnsembleLinearMatern().fit(x, y, seed, self.reference.error**2)
        noise = float(np.mean([member.noise for member in fitted.members]))
        posterior = fitted.posterior(x, y, noise / (noise + extra), DRAWS, seed)
        front = np.where([run.complete for run in runs], places, np.inf)
        found: list[tuple[float, Run | Configuration]] = []
        paused = [i for i, run in enumerate(runs) if not run.complete]
        if paused:
            gains = self._gains(posterior, x[paused], places[paused], front)
            left = [math.log(1 - runs[i].paid) for i in paused]
            found += [(gain - x, runs[i]) for i, gain, x in zip(paused, gains, left, strict=True)]
        found += self._new(posterior, front, {x.configuration.key for x in runs}, runs)
        best = max(found, key=lambda x: x[0], default=None)
        return None if best is None or best[0] == -np.inf else best[1]

    def _tell(self, runs: Sequence[Run], run: Run) -> tuple[float, float]:
        """What a run's latest look says of its end, and the variance of that beyond noise."""
        if run.complete:
            return run.seen, 0.0
        rise, variance = self._rise(runs, run.done - 1)
        return run.seen + rise, variance

    def _rise(self, runs: Sequence[Run], look: int) -> tuple[float, float]:
        """From a look to the end: mean and variance, by the runs that have both."""
        error, (shift, width) = self.reference.error, WEIGHT
        rises = [x.end - x.stages[look][1] for x in runs if x.complete and len(x.stages) > 1]
        mean = (shift * USUAL_RISE[look] * error + sum(rises)) / (shift + len(rises))
        squares = width * (USUAL_SPREAD[look] * error) ** 2 + sum((x - mean) ** 2 for x in rises)
        return mean, squares / (width + len(rises))

    def _new(
        self, posterior: EnsemblePosterior, front: Matrix, known: set[str], runs: Sequence[Run]
    ) -> list[tuple[float, Run | Configuration]]:
        rest = [x for x in self.terrain.space.members if x.key not in known]
        x, places = self._encode(rest)
        gains = self._gains(posterior, x, places, front)
        kept = [int(i) for i in np.argsort(-gains)[:MOST] if gains[i] > -np.inf]
        if self.looks and kept:
            spread = self._rise(runs, 0)[1]
            rates = self._rates(posterior, x[kept], places[kept], front, spread)
        else:
            rates = gains[kept]
        return [(float(rate), rest[i]) for rate, i in zip(rates, kept, strict=True)]

    def _rates(
        self, posterior: EnsemblePosterior, x: Matrix, places: Matrix, front: Matrix, spread: float
    ) -> Matrix:
        """Logarithm of the rate of each of `k` new runs."""
        mean, variance = posterior.predict(x)
        steps = staircase(front, posterior.draws, *self._corner)
        share = variance / (variance + spread)
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        gains = []
        for node in nodes:
            seen = mean + np.sqrt(variance * share) * node
            values = log_ehvi(places, seen, variance * (1 - share), steps)
            gains.append(np.exp(log_sum(values, axis=0)) / len(values))
        return _solve(np.array(gains), weights / weights.sum(), self.looks[0])

    def _gains(
        self, posterior: EnsemblePosterior, x: Matrix, places: Matrix, front: Matrix
    ) -> Matrix:
        return acquisition_values(posterior, x, places, front, *self._corner)

    @property
    def _corner(self) -> tuple[float, float]:
        return self.reference.quality, self.reference.axis(self.reference.cost)

    def _encode(self, configurations: Sequence[Configuration]) -> tuple[Matrix, Matrix]:
        features, costs = self.terrain.encode(configurations)
        return features, np.array([self.reference.axis(x) for x in costs])


def _solve(gains: Matrix, weights: Matrix, first: float) -> Matrix:
    """Logarithm of r in E[max(0, gain - (1 - first) r)] = first r, of `nodes x k` gains."""
    low, high = np.zeros(gains.shape[1]), gains.max(axis=0) / first
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        worth = weights @ np.maximum(gains - (1 - first) * middle, 0.0) - first * middle
        low, high = np.where(worth > 0, middle, low), np.where(worth > 0, high, middle)
    with np.errstate(divide="ignore"):
        logs: Matrix = np.log(low)
    return logs


@dataclass(frozen=True)
class Halving:
    """Random configurations; with a look, asynchronous successive halving by non-dominated rank
    (MO-ASHA, Schmucker et al., arXiv 2106.12639): the best third of those that reached it goes
    on."""

    terrain: Terrain
    looks: Sequence[float]
    factor: int = 3

    def choose(self, runs: Sequence[Run], seed: int) -> Run | Configuration | None:
        """See `Gain.choose`."""
        for run in self._promotable([x for x in runs if len(x.stages) > 1]):
            return run
        known = {x.configuration.key for x in runs}
        rest = [x for x in self.terrain.space.members if x.key not in known]
        return rest[int(np.random.default_rng(seed).integers(len(rest)))] if rest else None

    def _promotable(self, runs: Sequence[Run]) -> list[Run]:
        if not self.looks or not runs:
            return []
        spec = self.terrain.spec
        heights: Any = [[x.stages[0][1], -cost_of(spec, x.configuration)] for x in runs]
        order = np.argsort(moocore.pareto_rank(np.array(heights), maximise=True), kind="stable")
        best = [runs[int(i)] for i in order[: len(runs) // self.factor]]
        return [x for x in best if not x.complete]
