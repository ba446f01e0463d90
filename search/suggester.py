"""The next configuration by the model: known-cost EHVI over a surrogate of quality."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.axes import cost_of
from peftsearch.records.trial import Reasons
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.space import Space

from .acquisition import acquisition_values, mean_volume, staircase
from .candidates import Found, LocalSearch, make_starts
from .features import feature_matrix, relevant
from .observations import Observation, find_front
from .reference_point import ReferencePoint
from .surrogate import EnsembleMapSaas, Surrogate

Matrix = NDArray[np.float64]

DRAWS = 8
"""Posterior draws for each member of the ensemble."""
_PARENTS = 12
_NEAREST = 3
_TINY, _LARGEST = 1e-9, math.log(1e3)
"""Where nothing beats the reference point yet, any gain is a thousandfold."""


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
    ) -> None:
        self._spec, self._space, self._reference, self._seed = spec, space, reference, seed
        self._known = [x for x in observations if x.qualities or x.failed]
        rows = [(i, y) for i, x in enumerate(self._known) for y in _outcomes(x, reference)]
        groups, y = np.array([i for i, _ in rows]), np.array([y for _, y in rows])
        self._columns = relevant(space, spec.try_configurations)
        self._x = self._features([x.configuration for x in self._known])
        self._counts = np.bincount(groups).astype(float)
        self._means = np.bincount(groups, weights=y) / self._counts
        self._fitted = (surrogate or EnsembleMapSaas()).fit(self._x[groups], y, seed)
        starts = make_starts(space, self._parents(), np.random.default_rng(seed))
        self._search = LocalSearch(space, starts)
        self._seen: dict[str, tuple[Matrix, float]] = {}

    def _parents(self) -> list[Configuration]:
        """Members of the front, and the best of the rest while it is short."""
        known = [x for x in self._known if x.qualities]
        front = find_front(known)
        rest = sorted((x for x in known if x not in front), key=lambda x: -x.quality)
        return [x.configuration for x in [*front, *rest[: max(0, _PARENTS - len(front))]]]

    def suggest(
        self, pending: Sequence[Configuration], excluded: set[str]
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
        x = np.concatenate([self._x, self._features(pending)])
        posterior = self._fitted.posterior(x, self._means, self._counts, DRAWS, self._seed)
        costs = [self._axis(x.configuration) if x.qualities else np.inf for x in self._known]
        baseline = np.array(costs + [self._axis(x) for x in pending])
        q_ref, c_ref = self._reference.quality, self._reference.axis(self._reference.cost)

        def evaluate(configurations: Sequence[Configuration]) -> Matrix:
            candidates, axis = self._encode(configurations)
            return acquisition_values(posterior, candidates, axis, baseline, q_ref, c_ref)

        found = self._search.best(evaluate, excluded)
        if found is None:
            return None
        steps = staircase(baseline, posterior.draws, q_ref, c_ref)
        present = mean_volume(steps, q_ref, self._reference.axis(0.0))
        return found.configuration, self._explain(found, present)

    def _explain(self, found: Found, present: float) -> Reasons:
        """Why a configuration is proposed.

        Args:
            present: Hypervolume of the front as the model knows it.
        """
        gain = math.exp(min(found.value - math.log(max(present, _TINY)), _LARGEST))
        apart = np.linalg.norm(self._x - self._features([found.configuration]), axis=1)
        nearest = [self._known[int(i)].configuration.key for i in np.argsort(apart)[:_NEAREST]]
        return Reasons(gain, sum(bool(x.qualities) for x in self._known), tuple(nearest))

    def _encode(self, configurations: Sequence[Configuration]) -> tuple[Matrix, Matrix]:
        """Features `k x d` and costs `k`, kept for the further members of the batch."""
        new = [x for x in configurations if x.key not in self._seen]
        rows = self._features(new)
        for configuration, row in zip(new, rows, strict=True):
            self._seen[configuration.key] = row, self._axis(configuration)
        found = [self._seen[x.key] for x in configurations]
        return np.array([row for row, _ in found]), np.array([cost for _, cost in found])

    def _features(self, configurations: Sequence[Configuration]) -> Matrix:
        """`k x d`, of the columns that matter in the job's space."""
        return feature_matrix(configurations, self._spec.anatomy)[:, self._columns]

    def _axis(self, configuration: Configuration) -> float:
        return self._reference.axis(cost_of(self._spec, configuration))


def _outcomes(observation: Observation, reference: ReferencePoint) -> list[float]:
    clamped = [max(x, reference.lowest) for x in observation.qualities]
    return clamped + ([] if clamped else [reference.lowest])
