"""BoTorch's default model and qLogNEHVI on our features and our candidates.

Nothing but the model of quality and the acquisition function differs from our engine: the same
columns, clamped outcomes, reference point, log axis of exact costs, starts and local search.
"""

import warnings
from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms.input import FilterFeatures
from botorch.sampling.normal import SobolQMCNormalSampler
from botorch.utils.sampling import manual_seed
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor

from benchmarks.search.problem import Matrix, Problem
from peftsearch.records.trial import Trial
from peftsearch.search.candidates import LocalSearch, make_starts
from peftsearch.search.design import sobol
from peftsearch.search.goals.observations import Observation, observe
from peftsearch.search.goals.reference_point import ReferencePoint, find_reference_point
from peftsearch.search.memory import Terrain
from peftsearch.search.suggester import choose_parents
from peftsearch.spaces.configurations.configuration import Configuration

FIRST = 10
"""Trials before the model, filled up with Sobol points; with our design none are needed."""
_DESIGN = ("learnt", "recipe")
_SAMPLES, _CHUNK = 128, 256


def suggest(
    problem: Problem, trials: Sequence[Trial], seed: int, budget: int
) -> Configuration | None:
    """See `methods.Suggest`."""
    terrain, excluded = Terrain(problem.spec), {x.key for x in trials}
    if len(trials) < FIRST and not any(x.origin in _DESIGN for x in trials):
        points = islice((x for x in sobol(terrain.space, seed) if x.key not in excluded), 1)
        return next(points, None)
    known = [x for x in observe(problem.spec, trials) if x.qualities]
    reference = find_reference_point(problem.spec, trials, terrain.space, problem.preparation)
    rng = np.random.default_rng((seed, len(trials)))
    starts = make_starts(terrain.space, choose_parents(known), rng)
    with manual_seed(int(rng.integers(2**31))), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        acquisition = _Acquisition(terrain, reference, known)
        found = LocalSearch(starts, terrain.neighbours).best(acquisition, excluded)
    return None if found is None else found.configuration


class _Acquisition:
    """qLogNEHVI of configurations. The last column of what BoTorch sees is the place on the cost
    axis, which the model leaves out and the second objective is, without any model."""

    def __init__(
        self, terrain: Terrain, reference: ReferencePoint, known: Sequence[Observation]
    ) -> None:
        self._terrain, self._reference = terrain, reference
        x = self._encode([x.configuration for x in known])
        y = torch.tensor([[max(x.quality, reference.lowest)] for x in known]).double()
        self._function = qLogNoisyExpectedHypervolumeImprovement(
            _fit(x, y),
            ref_point=[reference.quality, -reference.axis(reference.cost)],
            X_baseline=x,
            sampler=SobolQMCNormalSampler(torch.Size([_SAMPLES])),
            objective=GenericMCMultiOutputObjective(_objectives),
            prune_baseline=True,
        )

    def __call__(self, configurations: Sequence[Configuration]) -> Matrix:
        """Values, `k`."""
        x = self._encode(configurations)[:, None, :]
        with torch.no_grad():
            return torch.cat([self._function(part) for part in x.split(_CHUNK)]).numpy()

    def _encode(self, configurations: Sequence[Configuration]) -> Tensor:
        features, costs = self._terrain.encode(configurations)
        return torch.from_numpy(np.column_stack([features, [*map(self._reference.axis, costs)]]))


def _objectives(samples: Tensor, X: Tensor) -> Tensor:
    """Drawn quality, `... x n x 1`, and exact cost at `... x n x d`, both to be large."""
    cost = -X[..., -1:]
    return torch.cat([samples, cost.expand(samples.shape)], dim=-1)


def _fit(x: Tensor, y: Tensor) -> SingleTaskGP:
    features = FilterFeatures(torch.arange(x.shape[-1] - 1))
    model = SingleTaskGP(x, y, input_transform=features)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model
