"""The engine for any Optuna study: sparse Gaussian processes and expected hypervolume gain.

Of the engine it has what does not need to know configurations: the surrogate
(`search.surrogates.map_saas`), draws of the front, the closed form over open cells with exact
values for known objectives. What knows adapters, the design and the features, stays with jobs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import threadpool_limits

from peftsearch.errors import UserError

from .study_search import Known, StudySearch
from .unit_axes import UnitAxes


class HypervolumeSampler(BaseSampler):
    """Bayesian optimisation of one or several objectives by expected hypervolume improvement.

    Each objective that is not known has a Gaussian process of its own (Matern-5/2 under the
    sparse axis-aligned prior of Eriksson and Jankowiak, 2021). The expectation is over draws of
    the front, trials that run included, so that parallel workers do not crowd (Daulton et al.,
    arXiv 2105.08195). Parameters that not all trials have are drawn at random.
    """

    def __init__(
        self,
        *,
        n_startup_trials: int = 10,
        seed: int | None = None,
        known: Mapping[int, Known] | None = None,
    ) -> None:
        """Nothing is fitted before the first suggestion.

        Args:
            n_startup_trials: Completed trials that are drawn at random before the model.
            seed: Of all random draws.
            known: By their number, from 0, objectives that follow from the parameters exactly,
                such as the number of a model's parameters: they are computed, not learnt. Each is
                given the parameters that all trials have, constants included.
        """
        self._startup, self._known = n_startup_trials, dict(known or {})
        self._rng, self._independent = np.random.default_rng(seed), RandomSampler(seed=seed)
        self._search_space = IntersectionSearchSpace()

    def reseed_rng(self) -> None:
        """For a copy of the sampler in another thread or process."""
        self._rng = np.random.default_rng()
        self._independent.reseed_rng()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What all completed trials have in common, but constants."""
        found = self._search_space.calculate(study)
        return {name: x for name, x in found.items() if not x.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The parameters with the largest expected gain; none while trials are few."""
        states = (TrialState.COMPLETE, TrialState.RUNNING)
        trials = study.get_trials(deepcopy=False, states=states)
        done = [x for x in trials if x.state is TrialState.COMPLETE and _has(x, search_space)]
        if not search_space or len(done) < max(self._startup, 1):
            return {}
        pending = [x for x in trials if x.state is TrialState.RUNNING and _has(x, search_space)]
        _check_known(self._known, study)
        constants = self._constants(study, search_space)
        known = {i: _with(constants, compute) for i, compute in self._known.items()}
        with threadpool_limits(1):
            signs = [1.0 if x is StudyDirection.MAXIMIZE else -1.0 for x in study.directions]
            axes = UnitAxes(search_space)
            return StudySearch(axes, np.array(signs), known, done, self._rng).best(pending)

    def _constants(self, study: Study, searched: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of a single value, which are not searched."""
        found = self._search_space.calculate(study).items()
        single = [(name, x) for name, x in found if x.single() and name not in searched]
        return {name: _only(x) for name, x in single}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A random value, of a parameter that not all trials have."""
        return self._independent.sample_independent(study, trial, param_name, param_distribution)


def _check_known(known: Mapping[int, Known], study: Study) -> None:
    goals = len(study.directions)
    if wrong := [x for x in known if not 0 <= x < goals]:
        expected = f"numbers of objectives from 0 to {goals - 1} in known"
        raise UserError(expected, str(wrong[0]), "correct it")


def _with(constants: Mapping[str, Any], compute: Known) -> Known:
    return lambda params: compute({**constants, **params})


def _only(distribution: BaseDistribution) -> Any:
    """The value of a constant."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    return distribution.low  # type: ignore[attr-defined]


def _has(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> bool:
    """Whether it can be placed; of a running trial, what is fixed by now."""
    return space.keys() <= trial.params.keys()
