"""What can be expected of the configurations of a job: their quality without luck.

The best of many noisy numbers is too high, and the more so the more there are. Here the engine's
model says how much of each is luck, corrected by how well it predicted what it had not seen.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from peftsearch.records.estimates import counts, share_error
from peftsearch.records.expectation import Expectation
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .calibration import FOLDS, Data, Noise, find_misfit, find_noise, leave_out
from .gaussian import expect_at
from .memory import Terrain
from .observations import Observation, observe
from .reference_point import ReferencePoint, find_reference_point
from .subset import choose_subset, rank

MOST = 96
"""Configurations that are looked at, the front and what is nearest to it first."""
_NEAR = 3
"""Fronts, peeled off one after another, whose residuals tell how well the model predicts."""
_FEWEST = 5
"""Residuals that it takes."""
RESULTS, REPEATS = 15, 2
"""From so many completed trials, repeats among them, the intervals covered what they say."""


def expect(
    spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None = None
) -> dict[str, Expectation]:
    """Posterior mean and interval of configurations' true quality, by key.

    True is the mean over training seeds, and over such validation rows but for what these say of
    all configurations alike. Observations are the quality of a Gaussian process with the engine's
    hyper-parameters, plus what features do not tell (`calibration.find_misfit`), plus noise
    (`calibration.find_noise`). The interval is of the quality, not of one more training.

    Returns:
        Of those near the front that learnt something, in no order: what does not exceed the point
        below which the model does not tell bad from worse has none. Empty where too little is
        known to tell, or no noise is.
    """
    with threadpool_limits(1):
        terrain = Terrain(spec)
        reference = find_reference_point(spec, trials, terrain.space, preparation)
        trained = [x for x in observe(spec, trials) if x.qualities or x.failed]
        known = choose_subset(trained, MOST)
        told = [x for x in known if x.qualities and min(x.qualities) > reference.lowest]
        near = _near_front(told)
        error = _sampling_error(spec, trials, told, reference)
        noise = find_noise([x.qualities for x in told], error)
        if len(near) < _FEWEST or len(known) < FOLDS or not noise.seeds:
            return {}
        outcomes = [x.outcomes(reference.lowest) for x in known]
        data = Data(terrain.encode([x.configuration for x in known])[0], outcomes)
        places = {x.configuration.key: i for i, x in enumerate(known)}
        chosen = [places[x.configuration.key] for x in near]
        means, variances = _believe(data, noise, error, chosen)
    found = {x.configuration.key: places[x.configuration.key] for x in told}
    top = _find_top(spec, told)
    return {
        key: _describe(spec, float(means[i]), sqrt(variances[i]), noise.freedom, top)
        for key, i in found.items()
    }


def is_tellable(trials: Sequence[Trial]) -> bool:
    """Whether expectations may be shown: without repeats nobody knows what a repeat would do."""
    done = [x for x in trials if counts(x)]
    return len(done) >= RESULTS and len(done) - len({x.key for x in done}) >= REPEATS


def _believe(
    data: Data, noise: Noise, error: float, near: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of f at all points.

    Args:
        near: Which points are near the front.
    """
    residuals, variances = leave_out(data, error)
    noises = noise.of(data.counts)
    misfit = find_misfit(residuals[near], (variances + noises)[near])
    members = [replace(x, noise=noise.seeds) for x in data.fit(error).members]
    return expect_at(members, data.x, data.means, [noises] * len(members), misfit=misfit)


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


def _find_top(spec: JobSpec, told: Sequence[Observation]) -> float:
    """What no quality exceeds, maximised: the metric's best, unless one was seen beyond it."""
    goal = objective(spec.task.quality)
    return max([goal.signed(goal.best), *(max(x.qualities) for x in told)])


def _describe(
    spec: JobSpec, mean: float, deviation: float, freedom: float, top: float
) -> Expectation:
    """On the quality's own scale, inside it is maximised. Normal tails know no end of that scale:
    an accuracy would be expected above 1, a loss below 0."""
    goal, half = objective(spec.task.quality), deviation * float(stdtrit(freedom, 0.975))
    centre, *ends = (goal.signed(min(x, top)) for x in (mean, mean - half, mean + half))
    return Expectation(centre, deviation, min(ends), max(ends), freedom)
