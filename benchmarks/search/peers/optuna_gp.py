"""Optuna's `GPSampler` with its defaults, in the studies that TPE and NSGA-II are given."""

import warnings
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.samplers import GPSampler

from benchmarks.search.problem import Problem
from peftsearch.records.trial import Trial
from peftsearch.search.samplers import OptunaSampler
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.presets import make_space

from .points import find_same

_ASKS = 10
"""Until something is new."""


def suggest(
    problem: Problem, trials: Sequence[Trial], seed: int, budget: int
) -> Configuration | None:
    """See `methods.Suggest`."""
    sampler = _GaussianProcess("tpe", problem.spec, make_space(problem.spec), trials)
    rng = np.random.default_rng((seed, len(trials)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sampler.suggest([], {x.key for x in trials}, rng)


class _GaussianProcess(OptunaSampler):
    """As the other samplers of Optuna, but that it is told what it asks for again.

    Else it asks for the same until the random draw comes: points of one configuration, above all
    of the frozen model, are many, and it expects something of each until it has seen it.
    """

    def suggest(
        self, running: Sequence[Configuration], excluded: set[str], rng: np.random.Generator
    ) -> Configuration | None:
        """See `Sampler.suggest`; None where ten asks give nothing new."""
        return self._ask(self._study(running, int(rng.integers(2**31))), excluded, _ASKS)

    def _answer_repeat(self, study: optuna.Study, trial: optuna.Trial, point: list[int]) -> None:
        same = find_same(self._trials, self._space.decode(point))
        if same is None:
            super()._answer_repeat(study, trial, point)
        else:
            study.tell(trial, [same.measurements["accuracy"], *self._others(same)])

    def _study(self, running: Sequence[Configuration], seed: int) -> optuna.Study:
        """Optuna lets the sampler of a study be changed."""
        study = super()._study(running, seed)
        study.sampler = GPSampler(seed=seed)
        return study
