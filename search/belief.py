"""What a job's records let one believe of its configurations, those not trained among them.

The engine's model with the recalibration of `search.surrogates.calibration`: what
`search.expectations` tells of the trained ones, and slices and predicted fronts of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from peftsearch.records.estimates import share_error
from peftsearch.records.expectation import Expectation
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

from .features import feature_matrix, relevant
from .goals.observations import Observation, observe
from .goals.reference_point import ReferencePoint, find_reference_point
from .subset import choose_subset, rank
from .surrogates.calibration import FOLDS, KEPT, Data, Noise, find_misfit, find_noise, leave_out
from .surrogates.gaussian import Prior, expect_at

Matrix = NDArray[np.float64]

MOST = 96
"""Configurations that are looked at, the front and what is nearest to it first."""
_NEAR = 3
"""Fronts, peeled off one after another, whose residuals tell how well the model predicts."""
_FEWEST = 5
"""Residuals that it takes."""


@dataclass(frozen=True)
class Belief:
    """Posterior of quality without luck, for any configuration of the job's space.

    True quality is the mean over training seeds, and over such validation rows but for what these
    say of all configurations alike. Intervals are of it, not of one more training.

    Attributes:
        known: What it is conditioned on.
        reference: `reference.lowest` is the least that the model tells from worse.
    """

    spec: JobSpec
    known: tuple[Observation, ...]
    reference: ReferencePoint
    space: Space
    _columns: tuple[int, ...]
    _data: Data
    _members: tuple[Prior, ...]
    _noise: Noise
    _misfit: float

    @property
    def told(self) -> list[Observation]:
        """Those of `known` that learnt something: of the others the model only knows that they do
        not exceed `reference.lowest`."""
        return _told(self.known, self.reference)

    def expect(self, configurations: Sequence[Configuration]) -> list[Expectation]:
        """Mean and 95 % interval of each.

        One that was not trained has all that its features do not tell before it, no less than what
        validation rows say of one by chance: few residuals may show no misfit where there is some.
        Of a trained one its trainings have told the most.
        """
        with threadpool_limits(1):
            means, variances = self._predict(configurations)
        freedom, top = self._noise.freedom, self._top
        both = zip(means.tolist(), variances.tolist(), strict=True)
        return [_describe(self.spec, mean, sqrt(x), freedom, top) for mean, x in both]

    def _predict(self, configurations: Sequence[Configuration]) -> tuple[Matrix, Matrix]:
        """Of known ones what the model says at them, else at where their features are."""
        means, variances = self._at(_encode(self.spec, configurations, self._columns))
        variances += max((1 - KEPT) / KEPT * self._misfit, self._noise.rows)
        places = [self._places.get(x.key) for x in configurations]
        seen = [i for i, place in enumerate(places) if place is not None]
        found = [place for place in places if place is not None]
        for values, at_known in zip((means, variances), self._at_known, strict=True):
            values[seen] = at_known[found]
        return means, variances

    @cached_property
    def _at_known(self) -> tuple[Matrix, Matrix]:
        return self._at(None)

    def _at(self, x: Matrix | None) -> tuple[Matrix, Matrix]:
        noises = [self._noise.of(self._data.counts)] * len(self._members)
        data = self._data
        return expect_at(self._members, data.x, data.means, noises, x, self._misfit)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {x.configuration.key: i for i, x in enumerate(self.known)}

    @cached_property
    def _top(self) -> float:
        """What no quality exceeds, maximised: the metric's best, unless one was seen beyond it."""
        goal = objective(self.spec.task.quality)
        return max([goal.signed(goal.best), *(max(x.qualities) for x in self.told)])


def believe(
    spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None = None
) -> Belief | None:
    """What is believed of a job.

    Observations are the quality of a Gaussian process with the engine's hyper-parameters, plus
    what features do not tell (`calibration.find_misfit`), plus noise (`calibration.find_noise`).

    Returns:
        None where too little is known to tell, or no noise is.
    """
    with threadpool_limits(1):
        space = make_space(spec)
        reference = find_reference_point(spec, trials, space, preparation)
        trained = [x for x in observe(spec, trials, recorded=True) if x.qualities or x.failed]
        known = choose_subset(trained, MOST)
        told = _told(known, reference)
        near = {x.configuration.key for x in _near_front(told)}
        error = _sampling_error(spec, trials, told, reference)
        noise = find_noise([x.qualities for x in told], error)
        if len(near) < _FEWEST or len(known) < FOLDS or not noise.seeds:
            return None
        outcomes = [x.outcomes(reference.lowest) for x in known]
        columns = tuple(relevant(space, spec.try_configurations))
        data = Data(_encode(spec, [x.configuration for x in known], columns), outcomes)
        chosen = [i for i, x in enumerate(known) if x.configuration.key in near]
        residuals, variances = leave_out(data, error)
        noisy = variances + noise.of(data.counts)
        misfit = find_misfit(residuals[chosen], noisy[chosen])
        members = tuple(replace(x, noise=noise.seeds) for x in data.fit(error).members)
    return Belief(spec, tuple(known), reference, space, columns, data, members, noise, misfit)


def _encode(
    spec: JobSpec, configurations: Sequence[Configuration], columns: Sequence[int]
) -> Matrix:
    """Features `k x d`. Nothing is kept as in a `Terrain`: threads share a belief."""
    features: Matrix = feature_matrix(configurations, spec.anatomy)[:, list(columns)]
    return features


def _told(known: Sequence[Observation], reference: ReferencePoint) -> list[Observation]:
    return [x for x in known if x.qualities and min(x.qualities) > reference.lowest]


def _near_front(told: Sequence[Observation]) -> list[Observation]:
    able = [x for x in told if x.able]
    return [x for x, layer in zip(able, rank(able) if able else (), strict=True) if layer < _NEAR]


def _sampling_error(
    spec: JobSpec,
    trials: Sequence[Trial],
    told: Sequence[Observation],
    reference: ReferencePoint,
) -> float:
    """Standard error of the best's quality on the validation rows, or else of the best floor's."""
    rows = next((x.validation_rows for x in trials if x.validation_rows), None)
    best = max((x.quality for x in told), default=-1.0)
    if objective(spec.task.quality).share and rows and 0 <= best <= 1:
        return share_error(best, rows)
    return reference.error


def _describe(
    spec: JobSpec, mean: float, deviation: float, freedom: float, top: float
) -> Expectation:
    """On the quality's own scale, inside it is maximised. Normal tails know no end of that scale:
    an accuracy would be expected above 1, a loss below 0."""
    goal, half = objective(spec.task.quality), deviation * float(stdtrit(freedom, 0.975))
    centre, *ends = (goal.signed(min(x, top)) for x in (mean, mean - half, mean + half))
    return Expectation(centre, deviation, min(ends), max(ends), freedom)
