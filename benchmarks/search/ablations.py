"""Our engine without one of its parts at a time: what each is worth.

Of what no job file can leave out, the code is replaced while a proposal is made.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np

from peftsearch.records.trial import Proposal, Trial
from peftsearch.search import memory
from peftsearch.search.features import SUMMARIES, feature_names
from peftsearch.search.suggester import DRAWS
from peftsearch.search.surrogates.surrogate import (
    EnsembleLinearMatern,
    EnsembleMapSaas,
    GaussianFit,
)

from .methods import Method, by_spec
from .problem import Matrix, Problem

_RATE = "rate"
"""The summary that stays: without it the features do not say the learning rate."""


def _patched(place: str, value: Any) -> Method:
    """Ours, with another value for a name of `peftsearch.search`, written `module.name`."""
    (module, name), ours = place.rsplit(".", 1), by_spec()

    def suggest(problem: Problem, trials: Sequence[Trial], seed: int, budget: int) -> Proposal:
        with patch.object(import_module(f"peftsearch.search.{module}"), name, value):
            return ours(problem, trials, seed, budget)

    return suggest


class _NoFloor(EnsembleLinearMatern):
    """The noise of a fit is what the observations say."""

    def fit(self, x: Any, y: Any, seed: int, noise_floor: float = 0.0) -> GaussianFit:
        """See `Surrogate.fit`."""
        return super().fit(x, y, seed)


def _expect_alike(features: Matrix, names: Sequence[str]) -> Matrix:
    return np.zeros(len(features))


def _expect_at_random(features: Matrix, names: Sequence[str]) -> Matrix:
    """A straight line that has nothing to do with quality, of deviation 1 or so: it must not harm
    much. (The opposite of what is expected would be the same to a slope that may be negative.)"""
    slopes = np.random.default_rng(0).standard_normal(features.shape[1])
    found: Matrix = (features - 0.5) @ slopes
    return found


def _without(*dropped: str) -> Method:
    """Nor what is expected by these features; its place among them stays."""
    relevant, names = memory.relevant, feature_names()
    left = {i for i, name in enumerate(names) if name not in dropped}
    blind = _patched("features.expected_quality", _expect_alike)

    def suggest(problem: Problem, trials: Sequence[Trial], seed: int, budget: int) -> Proposal:
        fewer = lambda *arguments: [i for i in relevant(*arguments) if i in left]  # noqa: E731
        with patch.object(memory, "relevant", fewer):
            return blind(problem, trials, seed, budget)

    return suggest


ABLATIONS: Mapping[str, Method] = {
    "ours without a list": by_spec({"recipes": "none"}),
    "ours with published recipes": by_spec({"recipes": "published"}),
    "ours without repeats": by_spec({"repeats": 0.0}),
    "ours with a draw a member": _patched("suggester.DRAWS", 1),
    "ours with 32 draws a member": _patched("suggester.DRAWS", 4 * DRAWS),
    "ours with one member": _patched("surrogates.surrogate.TAUS", (0.8,)),
    "ours without a noise floor": _patched("suggester.EnsembleLinearMatern", _NoFloor),
    "ours without summaries": _without(*(x for x in SUMMARIES if x != _RATE)),
    "ours without the squared rate": _without("rate_squared"),
    "ours with MAP-SAAS": _patched("suggester.EnsembleLinearMatern", EnsembleMapSaas),
    "ours with 6 climbers": _patched("candidates._CLIMBERS", 6),
    **{f"ours with {n} learnt": _patched("learnt_trials.LEARNT", n) for n in (1, 2, 4, 6, 8)},
    "ours with nothing taught": _patched("features.expected_quality", _expect_alike),
    "ours taught at random": _patched("features.expected_quality", _expect_at_random),
    "ours with 50 KB free": by_spec(objectives={"free_below": "12500"}),
}
"""What is left out by default in a run of all methods."""
