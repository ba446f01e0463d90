"""The engine as a sampler of any Optuna study, held to Optuna's own conventions."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)

from peftsearch.errors import UserError
from peftsearch.search.studies.optuna_sampler import HypervolumeSampler
from peftsearch.search.studies.study_search import Known
from peftsearch.search.studies.unit_axes import UnitAxes

DISTRIBUTIONS: dict[str, BaseDistribution] = {
    "float": FloatDistribution(-1.0, 2.0),
    "log": FloatDistribution(1e-5, 1e-1, log=True),
    "stepped": FloatDistribution(-10.2, 10.2, step=0.1),
    "int": IntDistribution(-3, 12),
    "int_step": IntDistribution(2, 14, step=3),
    "int_log": IntDistribution(1, 1000, log=True),
    "choice": CategoricalDistribution(["a", None, 3]),
}


class TestConventions(
    BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase
):
    """What Optuna asks of its own samplers, the model from the first trial on."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return partial(HypervolumeSampler, n_startup_trials=0, seed=0)


def test_points_are_read_as_they_were_placed() -> None:
    axes, rng = UnitAxes(DISTRIBUTIONS), np.random.default_rng(0)
    points = np.array([*rng.random((200, len(DISTRIBUTIONS))), np.zeros(7), np.ones(7)])
    for point, snapped in zip(points, axes.snap(points), strict=True):
        params = axes.read(point)
        assert snapped.tolist() == axes.place(params).tolist()
        for name, value in params.items():
            assert DISTRIBUTIONS[name]._contains(DISTRIBUTIONS[name].to_internal_repr(value))
        assert axes.read(axes.place(params)) == params


def test_every_whole_number_is_as_wide() -> None:
    axes = UnitAxes({"n": IntDistribution(0, 4)})
    found = [axes.read(np.array([x]))["n"] for x in (np.arange(1000) + 0.5) / 1000]
    assert np.bincount(found).tolist() == [200] * 5


def minimum(sampler: BaseSampler, trials: int = 25) -> float:
    """Least value of a bowl in four dimensions, one of them a choice."""

    def bowl(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(f"x{i}", -5, 5) for i in range(3)]
        penalty = {"a": 3.0, "b": 0.0, "c": 6.0}[trial.suggest_categorical("c", ["a", "b", "c"])]
        return sum((y - 1.0) ** 2 for y in x) + penalty

    study = optuna.create_study(sampler=sampler)
    study.optimize(bowl, n_trials=trials)
    return study.best_value


def test_it_finds_what_random_search_does_not() -> None:
    assert minimum(HypervolumeSampler(seed=0)) < 0.3
    assert minimum(optuna.samplers.RandomSampler(seed=0)) > 3.0


def two_goals(trial: optuna.Trial) -> tuple[float, float]:
    """More units help, and cost what they are."""
    units, rate = trial.suggest_int("units", 1, 256, log=True), trial.suggest_float("rate", 0, 1)
    return 1 - 1 / (1 + units / 16) - (rate - 0.3) ** 2, float(units)


def front_volume(study: optuna.Study) -> float:
    points = [[-x.values[0], x.values[1]] for x in study.best_trials]
    return float(optuna._hypervolume.compute_hypervolume(np.array(points), np.array([0.0, 256.0])))


def test_two_goals_of_which_one_is_known() -> None:
    known = {1: lambda params: float(params["units"])}

    def volume(make: Callable[[int], BaseSampler]) -> float:
        found = []
        for seed in range(2):
            study = optuna.create_study(directions=["maximize", "minimize"], sampler=make(seed))
            study.optimize(two_goals, n_trials=16)
            found.append(front_volume(study))
        return float(np.mean(found))

    random = volume(lambda seed: optuna.samplers.RandomSampler(seed=seed))
    learnt = volume(lambda seed: HypervolumeSampler(seed=seed))
    exact = volume(lambda seed: HypervolumeSampler(seed=seed, known=known))
    assert min(learnt, exact) > random + 30


def test_a_known_goal_is_sought_beyond_what_the_first_trials_had() -> None:
    """They all had fewer than eight units: the corner of what they cost would hide the rest."""
    known = {1: lambda params: float(params["units"])}
    sampler = HypervolumeSampler(seed=3, known=known, n_startup_trials=6)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    for units in range(1, 7):
        study.enqueue_trial({"units": units, "rate": units / 7})
    study.optimize(two_goals, n_trials=14)
    assert max(x.params["units"] for x in study.trials) > 64


def test_equal_seeds_suggest_equal_parameters() -> None:
    found = []
    for _ in range(2):
        study = optuna.create_study(sampler=HypervolumeSampler(seed=3, n_startup_trials=4))
        study.optimize(lambda t: t.suggest_float("x", 0, 1) ** 2, n_trials=8)
        found.append([x.params for x in study.trials])
    assert found[0] == found[1]


def test_workers_that_run_at_once_are_given_different_points() -> None:
    study = optuna.create_study(sampler=HypervolumeSampler(seed=0, n_startup_trials=3))
    space: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1)}
    for value in (0.1, 0.5, 0.9):
        study.enqueue_trial({"x": value})
        trial = study.ask(space)
        study.tell(trial, (trial.params["x"] - 0.3) ** 2)
    running = [study.ask(space).params["x"] for _ in range(4)]
    assert np.min(np.diff(sorted(running))) > 1e-3


@pytest.mark.parametrize("scale", [1e-12, 1e290])
def test_the_unit_of_a_value_changes_nothing(scale: float) -> None:
    def found(unit: float) -> list[float]:
        study = optuna.create_study(sampler=HypervolumeSampler(seed=0, n_startup_trials=4))
        study.optimize(lambda t: unit * (t.suggest_float("x", -5, 5) - 1) ** 2, n_trials=6)
        return [trial.params["x"] for trial in study.trials]

    assert found(scale) == pytest.approx(found(1.0), abs=1e-3)


@pytest.mark.parametrize(("goals", "bad"), [(1, math.inf), (2, -math.inf), (2, 1e308)])
def test_what_is_infinite_counts_as_the_worst(goals: int, bad: float) -> None:
    direction = StudyDirection.MAXIMIZE if bad < 0 else StudyDirection.MINIMIZE

    def fail_above(trial: optuna.Trial) -> tuple[float, ...]:
        x = trial.suggest_float("x", 0, 1)
        value = math.copysign(1.0, bad) * (x - 0.2) ** 2
        return (bad if x > 0.5 else value, math.copysign(x, bad))[:goals]

    sampler = HypervolumeSampler(seed=0, n_startup_trials=4)
    study = optuna.create_study(directions=[direction] * goals, sampler=sampler)
    study.optimize(fail_above, n_trials=9)
    tried = [trial.params["x"] for trial in study.trials]
    assert min(abs(x - 0.2) for x in tried) < 0.1


def test_where_nothing_is_finite_it_goes_on() -> None:
    study = optuna.create_study(sampler=HypervolumeSampler(seed=0, n_startup_trials=2))
    study.optimize(lambda t: t.suggest_float("x", 0, 1) * 0 + math.inf, n_trials=4)
    assert len({trial.params["x"] for trial in study.trials}) == 4


def optimise_known(known: dict[int, Known]) -> optuna.Study:
    """Two goals, of which the second is the product of a parameter and a constant."""

    def measure(trial: optuna.Trial) -> tuple[float, float]:
        x, units = trial.suggest_float("x", 0, 1), trial.suggest_int("units", 4, 4)
        kind = trial.suggest_categorical("kind", ["only"])
        return (x - 0.5) ** 2, x * units * len(kind)

    sampler = HypervolumeSampler(seed=0, n_startup_trials=3, known=known)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(measure, n_trials=5)
    return study


def test_what_computes_a_known_goal_is_given_constants_too() -> None:
    study = optimise_known({1: lambda p: p["x"] * p["units"] * len(p["kind"])})
    assert len(study.trials) == 5


@pytest.mark.parametrize("column", [-1, 2])
def test_a_known_goal_that_the_study_lacks_is_refused(column: int) -> None:
    with pytest.raises(UserError, match=rf"from 0 to 1 in known.*{column}"):
        optimise_known({column: lambda p: p["x"]})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_known_goal_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(UserError, match="a finite number of known objective 1"):
        optimise_known({1: lambda _: value})
