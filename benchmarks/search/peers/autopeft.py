"""AutoPEFT (Zhou et al., arXiv 2301.12132) by its released protocol, on our space's parameters.

Half of the budget at random, at most 100; then batches of 4 by qNEHVI over a fully Bayesian SAAS
model of each objective under a normal copula, found by local search from mutated front members.
Three things differ from the released code: the vector of what is trained is the one that the model
sees, nothing is trained twice, and no noise is added to what was measured.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from botorch.acquisition.multi_objective.monte_carlo import qNoisyExpectedHypervolumeImprovement
from botorch.fit import fit_fully_bayesian_model_nuts
from botorch.models import ModelListGP
from botorch.models.fully_bayesian import SaasFullyBayesianSingleTaskGP
from botorch.utils.sampling import manual_seed
from scipy.special import ndtri

from benchmarks.search.problem import Matrix, Problem
from peftsearch.records.axes import cost_of
from peftsearch.records.dominance import non_dominated
from peftsearch.records.trial import Trial
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.presets import make_space

from .autopeft_search import MutationSearch
from .points import Points

BATCH, RANDOM = 4, 100
_WARMUP, _SAMPLES, _THINNING = 128, 64, 4


class AutoPeft:
    """Keeps the last batch, which follows from the trials before it."""

    def __init__(self, random: int = RANDOM) -> None:
        """Prepare.

        Args:
            random: Trials before the model, at most half of the budget.
        """
        self._random = random
        self._asked: object = None
        self._batch: list[Configuration] = []

    def suggest(
        self, problem: Problem, trials: Sequence[Trial], seed: int, budget: int
    ) -> Configuration | None:
        """See `methods.Suggest`."""
        place = len(trials) - min(self._random, budget // 2)
        if place < 0:
            return None
        before = trials[: len(trials) - place % BATCH]
        asked = (problem.name, seed, [(x.key, x.measurements) for x in before])
        if asked != self._asked:
            self._asked, self._batch = asked, _find_batch(problem, before, seed)
        return self._batch[place % BATCH] if place % BATCH < len(self._batch) else None


def _find_batch(problem: Problem, trials: Sequence[Trial], seed: int) -> list[Configuration]:
    space, rng = make_space(problem.spec), np.random.default_rng((seed, len(trials)))
    points = Points(space)
    placed = [(x, points.place(x.configuration)) for x in trials]
    known = [x for x, point in placed if point is not None]
    x = torch.from_numpy(points.columns([point for _, point in placed if point is not None]))
    y = np.array(
        [[t.measurements["accuracy"], -cost_of(problem.spec, t.configuration)] for t in known]
    )
    reference = find_reference_point(problem.spec, trials, space, problem.preparation)
    corner = np.array([[reference.quality, -reference.cost]])
    front = [t.configuration for t, keep in zip(known, non_dominated(y), strict=True) if keep]
    excluded, batch = {t.key for t in trials}, []
    with manual_seed(int(rng.integers(2**31))), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _fit(x, copula(y, y), int(rng.integers(2**31)))
        function = qNoisyExpectedHypervolumeImprovement(
            model, copula(corner, y)[0].tolist(), x, prune_baseline=True
        )
        search = MutationSearch(space, points, function, rng)
        while len(batch) < BATCH and (found := search.best(front, excluded)) is not None:
            batch.append(found)
            excluded.add(found.key)
            function.set_X_pending(search.encode(batch))
    return batch


def copula(values: Matrix, known: Matrix) -> Matrix:
    """Normal scores of `k x m` values by the empirical distribution of `n x m` known ones."""
    shares = [
        np.searchsorted(np.sort(column), value, side="right") / len(column)
        for column, value in zip(known.T, values.T, strict=True)
    ]
    scores: Matrix = ndtri(np.clip(np.column_stack(shares), 1e-4, 1 - 1e-4))
    return scores


def _fit(x: torch.Tensor, y: Matrix, seed: int) -> ModelListGP:
    models = []
    for i, column in enumerate(torch.from_numpy(y).split(1, dim=1)):
        model = SaasFullyBayesianSingleTaskGP(x, column)
        fit_fully_bayesian_model_nuts(
            model,
            warmup_steps=_WARMUP,
            num_samples=_SAMPLES,
            thinning=_THINNING,
            disable_progbar=True,
            seed=seed + i,
        )
        models.append(model)
    return ModelListGP(*models)


suggest = AutoPeft().suggest
