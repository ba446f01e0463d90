"""Other samplers behind the engine's signature: random, Sobol, and Optuna's TPE and NSGA-II.

Optuna keeps no memory between calls either: an in-memory study is filled from the records each
time, then asked. Its peers get what ours gets: the same space, known costs on the same log axis,
the design's fixed configurations, hard bounds by rejection, and news of what is running.
"""

import math
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Protocol

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from peftsearch.records.axes import known_value, quality_of
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.nearest import Nearest
from peftsearch.spaces.space.space import Space

from .added_samplers import AddedSampler
from .candidates import draw_unseen
from .design import sobol

_CATEGORICAL = ("bundle", "roles", "placement")
_POPULATION = 20
"""Of NSGA-II: Optuna's 50 would never see a second generation in the usual budgets."""
_ASKS = 50


class Sampler(Protocol):
    """Suggests one configuration after the other."""

    def suggest(
        self, running: Sequence[Configuration], excluded: Set[str], rng: np.random.Generator
    ) -> Configuration | None:
        """A configuration within the bounds whose key is not excluded; None if there is none."""


class RandomSampler:
    """Uniform over the space's points."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def suggest(
        self, running: Sequence[Configuration], excluded: Set[str], rng: np.random.Generator
    ) -> Configuration | None:
        """See `Sampler.suggest`."""
        return draw_unseen(self._space, excluded, rng)


class SobolSampler:
    """The first point of the job's scrambled Sobol sequence that is new."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space, self._seed = space, seed

    def suggest(
        self, running: Sequence[Configuration], excluded: Set[str], rng: np.random.Generator
    ) -> Configuration | None:
        """See `Sampler.suggest`. A sequence that is used up is followed by random draws."""
        for configuration in sobol(self._space, self._seed):
            if configuration.key not in excluded:
                return configuration
        return draw_unseen(self._space, excluded, rng)


class OptunaSampler:
    """An Optuna sampler by ask-and-tell, on quality and log cost, and on all further goals.

    Points that are not the space's own (a user's try, the probe where no stratum may be frozen)
    are left out: they have no encoding, and an approximate one would be a wrong label.
    """

    def __init__(self, name: str, spec: JobSpec, space: Space, trials: Sequence[Trial]) -> None:
        self._name, self._spec, self._space, self._trials = name, spec, space, trials
        self._nearest = Nearest(space) if space.members else None
        self._distributions: dict[str, BaseDistribution] = {
            label: CategoricalDistribution(range(size))
            if label.startswith(_CATEGORICAL)
            else IntDistribution(0, size - 1)
            for label, size in space.dimensions
        }

    def suggest(
        self, running: Sequence[Configuration], excluded: Set[str], rng: np.random.Generator
    ) -> Configuration | None:
        """See `Sampler.suggest`. Where 50 asks give nothing new, a random draw stands in."""
        study = self._study(running, int(rng.integers(2**31)))
        found = self._ask(study, excluded, _ASKS)
        return draw_unseen(self._space, excluded, rng) if found is None else found

    def _ask(self, study: optuna.Study, excluded: Set[str], asks: int) -> Configuration | None:
        """What is new first; None where `asks` asks give nothing new."""
        for _ in range(asks):
            trial = study.ask(self._distributions)
            point = [int(trial.params[label]) for label in self._distributions]
            configuration = self._read(point, excluded)
            if configuration is not None:
                return configuration
            self._answer_repeat(study, trial, point)
        return None

    def _answer_repeat(self, study: optuna.Study, trial: optuna.Trial, point: list[int]) -> None:
        study.tell(trial, state=OptunaState.FAIL)

    def _read(self, point: list[int], excluded: Set[str]) -> Configuration | None:
        """What a point means, in a closed space the nearest new member; None if it is not new."""
        if self._nearest is not None:
            return self._nearest.find(point, lambda x: x.key not in excluded)
        found = self._space.decode(point)
        return found if found.key not in excluded and self._space.feasible(found) else None

    def _study(self, running: Sequence[Configuration], seed: int) -> optuna.Study:
        """The records as a study."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = _make_optuna_sampler(self._name, seed)
        less = [StudyDirection.MINIMIZE] * (len(self._spec.goals) - 1)
        directions = [StudyDirection.MAXIMIZE, *less]
        study = optuna.create_study(directions=directions, sampler=sampler)
        for trial in self._trials:
            quality = quality_of(self._spec, trial)
            if quality is not None or trial.state is TrialState.FAILED:
                self._add(study, trial, quality)
        for configuration in running:
            self._start(study, configuration)
        return study

    def _add(self, study: optuna.Study, trial: Trial, quality: float | None) -> None:
        """An ended trial; it failed if it has no quality."""
        started = self._start(study, trial.configuration)
        if started is None:
            return
        if isinstance(study.sampler, NSGAIISampler):
            # It notes the generation when it samples; without one, no trial becomes a parent.
            study.sampler.get_trial_generation(study, started)
        if quality is None:
            study.tell(started.number, state=OptunaState.FAIL)
        else:
            study.tell(started.number, [quality, *self._others(trial)])

    def _others(self, trial: Trial) -> list[float]:
        """Goals beside the quality, to be small."""
        found = []
        for goal in map(objective, self._spec.goals[1:]):
            if goal.known:
                value = known_value(self._spec, goal.name, trial.configuration)
            else:
                value = trial.measurements[goal.name]
            found.append(math.log10(1.0 + value) if goal.logarithmic else -goal.signed(value))
        return found

    def _start(self, study: optuna.Study, configuration: Configuration) -> FrozenTrial | None:
        """A running trial; none for a configuration that is not the space's."""
        # A constant for the coordinates without effect would teach a density estimator a
        # preference that nobody has, so they are drawn, always the same for one key.
        rng = np.random.default_rng(int(configuration.key, 16))
        point = encode(self._space, configuration, rng)
        if point is None:
            return None
        trial = create_trial(
            state=OptunaState.RUNNING,
            params=dict(zip(self._distributions, point, strict=True)),
            distributions=self._distributions,
        )
        study.add_trial(trial)
        return study.get_trials(deepcopy=False)[-1]


Factory = Callable[[JobSpec, Space, Sequence[Trial], int], Sampler]
"""Makes a sampler of a job, its space, its trials in any state, and its seed."""


def _optuna(name: str) -> Factory:
    return lambda spec, space, trials, seed: OptunaSampler(name, spec, space, trials)


SAMPLERS: Mapping[str, Factory] = {
    "random": lambda spec, space, trials, seed: RandomSampler(space),
    "sobol": lambda spec, space, trials, seed: SobolSampler(space, seed),
    "tpe": _optuna("tpe"),
    "nsga2": _optuna("nsga2"),
}
"""One row for each name in `sampler_names.COMPARED`."""
BLIND = ("random", "sobol")
"""Those that look at no result."""


def make_sampler(spec: JobSpec, space: Space, trials: Sequence[Trial], seed: int) -> Sampler:
    """Sampler of the job's name, other than ours.

    Raises:
        SamplerError: It is another package's, which cannot be imported or made.
    """
    return SAMPLERS.get(spec.search.sampler, AddedSampler)(spec, space, trials, seed)


def _make_optuna_sampler(name: str, seed: int) -> BaseSampler:
    if name == "tpe":
        return TPESampler(seed=seed)
    return NSGAIISampler(population_size=_POPULATION, seed=seed)
