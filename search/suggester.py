"""The next configuration by the model: known-cost EHVI over a surrogate of quality."""

import math
from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.trial import Reasons
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.space import Space

from .candidates import Acquisition, Found, LocalSearch, make_starts
from .goals.observations import Observation, find_front
from .goals.reference_point import ReferencePoint
from .improvement.acquisition import acquisition_values, mean_volume, staircase
from .memory import Terrain
from .subset import choose_pending, choose_subset
from .surrogates.surrogate import (
    FIT_POINTS,
    EnsembleLinearMatern,
    Fitted,
    Surrogate,
    spread_evenly,
)
from .surrogates.tessellation_forest import TessellationForest

Matrix = NDArray[np.float64]

DRAWS = 8
"""Posterior draws for each member of the ensemble."""
_PARENTS = 12
_NEAREST = 3
_TINY, _LARGEST = 1e-9, math.log(1e3)
"""Where there is no front yet, any gain is a thousandfold: that is no reason to end a job."""


class Outlook:
    """What is expected with some points pending; what it was asked once, it knows.

    Attributes:
        present: Hypervolume of the front as the model knows it.
    """

    def __init__(self, evaluate: Acquisition, present: float) -> None:
        self.present = present
        self._evaluate = evaluate
        self._known: dict[str, float] = {}

    def __call__(self, configurations: Sequence[Configuration]) -> Matrix:
        """Logarithm of the gain that is expected of each of `k` configurations."""
        fresh = list({x.key: x for x in configurations if x.key not in self._known}.values())
        if fresh:
            found = self._evaluate(fresh).tolist()
            self._known.update(zip((x.key for x in fresh), found, strict=True))
        return np.array([self._known[x.key] for x in configurations])


class Suggester:
    """One fit for a batch of proposals.

    Quality below the reference point's earns nothing however low it is, and runs that collapsed
    lie far below: they would make the surface steep and the model uncertain just where it is
    needed. So observed quality is clamped at the reference point's `lowest`. A failed
    configuration counts as such a one, and can not be on the front.
    """

    def __init__(
        self,
        spec: JobSpec,
        space: Space,
        reference: ReferencePoint,
        observations: Sequence[Observation],
        seed: int,
        surrogate: Surrogate | None = None,
        terrain: Terrain | None = None,
    ) -> None:
        self._spec, self._reference, self._seed = spec, reference, seed
        self._terrain = terrain or Terrain(spec)
        trained = [x for x in observations if x.qualities or x.failed]
        self._fitted = self._fit(trained, surrogate or choose_surrogate(spec))
        self._known = choose_subset(trained)
        self._trained = sum(bool(x.qualities) for x in trained)
        self._corner = reference.quality, reference.axis(reference.cost)
        self._x, _ = self._encode([x.configuration for x in self._known])
        outcomes = [x.outcomes(reference.lowest) for x in self._known]
        self._counts = np.array([float(len(y)) for y in outcomes])
        self._means = np.array([sum(y) for y in outcomes]) / self._counts
        parents = choose_parents([x for x in self._known if x.qualities])
        starts = make_starts(space, parents, np.random.default_rng(seed))
        self._search = LocalSearch(starts, self._terrain.neighbours)
        self._last: tuple[tuple[str, ...], Outlook] | None = None

    def _fit(self, trained: Sequence[Observation], surrogate: Surrogate) -> Fitted:
        """To rows that are spread evenly over all, so that they are as the job is.

        Their noise is at least what the validation rows leave open: without repeats, a fit takes
        the model for surer than it can be.
        """
        rows = [(x, i) for x in trained for i in range(len(x.qualities) or 1)]
        rows = [rows[i] for i in spread_evenly(len(rows), FIT_POINTS)]
        x, _ = self._encode([observation.configuration for observation, _ in rows])
        y = np.array([found.outcomes(self._reference.lowest)[i] for found, i in rows])
        return surrogate.fit(x, y, self._seed, self._reference.error**2)

    def suggest(
        self, pending: Sequence[Configuration], excluded: Set[str]
    ) -> tuple[Configuration, Reasons] | None:
        """The configuration with the best EHVI, given that others are being trained, and why.

        The quality of the pending points is drawn together with that of the baseline set X (the
        observed ones) and takes part in the front: the expectation is over the outcomes of what
        runs (qNEHVI's sequential greedy batches; Daulton et al., arXiv 2105.08195).

        Args:
            pending: Pending points: configurations without any result yet, distinct by key.
            excluded: Keys that must not be suggested.

        Returns:
            None where nothing new can gain anything.
        """
        outlook = self._look(pending)
        found = self._search.best(outlook, excluded)
        if found is None:
            return None
        return found.configuration, self._explain(found, outlook.present)

    def values(
        self, configurations: Sequence[Configuration], pending: Sequence[Configuration]
    ) -> Matrix:
        """Logarithm of the gain that is expected of each of `k` configurations."""
        return self._look(pending)(configurations)

    def _look(self, pending: Sequence[Configuration]) -> Outlook:
        """That of the call before where it waits for the same points."""
        waited = choose_pending(pending)
        keys = tuple(x.key for x in waited)
        if self._last is None or self._last[0] != keys:
            self._last = keys, self._condition(waited)
        return self._last[1]

    def _condition(self, pending: Sequence[Configuration]) -> Outlook:
        waiting, places = self._encode(pending)
        x = np.concatenate([self._x, waiting])
        posterior = self._fitted.posterior(x, self._means, self._counts, DRAWS, self._seed)
        known = [self._reference.axis(x.cost) if x.qualities else np.inf for x in self._known]
        costs = np.concatenate([known, places])

        def evaluate(configurations: Sequence[Configuration]) -> Matrix:
            candidates, axis = self._encode(configurations)
            return acquisition_values(posterior, candidates, axis, costs, *self._corner)

        steps = staircase(costs, posterior.draws, *self._corner)
        present = mean_volume(steps, self._corner[0], self._reference.axis(0.0))
        return Outlook(evaluate, present)

    def _explain(self, found: Found, present: float) -> Reasons:
        """Why a configuration is proposed.

        Args:
            present: Hypervolume of the front as the model knows it.
        """
        share = found.value - math.log(max(present, _TINY))
        gain = math.exp(min(share, _LARGEST) if find_front(self._known) else _LARGEST)
        place, _ = self._encode([found.configuration])
        apart = np.linalg.norm(self._x - place, axis=1)
        nearest = [self._known[int(i)].configuration.key for i in np.argsort(apart)[:_NEAREST]]
        return Reasons(gain, self._trained, tuple(nearest))

    def _encode(self, configurations: Sequence[Configuration]) -> tuple[Matrix, Matrix]:
        """Features `k x d` and places on the cost axis `k`."""
        features, costs = self._terrain.encode(configurations)
        return features, np.array([self._reference.axis(x) for x in costs])


def choose_surrogate(spec: JobSpec) -> Surrogate:
    """The one that a job asks for."""
    return TessellationForest() if spec.search.surrogate == "rtf" else EnsembleLinearMatern()


def choose_parents(known: Sequence[Observation]) -> list[Configuration]:
    """Members of the front, and the best of the rest while it is short; all have qualities."""
    front = find_front(known)
    taken = {x.configuration.key for x in front}
    rest = sorted((x for x in known if x.configuration.key not in taken), key=lambda x: -x.quality)
    return [x.configuration for x in [*front, *rest[: max(0, _PARENTS - len(front))]]]
