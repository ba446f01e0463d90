"""The peers of a search benchmark: what they propose is new, of the space, and follows from the
trials alone. Those that need more packages are skipped without them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from benchmarks.search.ablations import ABLATIONS
from benchmarks.search.emulated import make_emulated
from benchmarks.search.methods import METHODS, PACKAGES, check_packages, follow
from benchmarks.search.peers.points import Points, find_same
from benchmarks.search.problem import Problem
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.space.presets import make_space

LISTED = 16


def needs(name: str) -> None:
    for package in PACKAGES.get(name, ()):
        pytest.importorskip(package)


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """BoTorch's acquisition function as plain torch: its kernel takes a minute to compile."""
    monkeypatch.setattr("botorch.acquisition.multi_objective.logei._load_attempted", True)


@pytest.fixture(scope="module")
def task() -> Problem:
    return make_emulated("upper")


@pytest.fixture(scope="module")
def closed(task: Problem) -> Problem:
    space, rng = make_space(task.spec), np.random.default_rng(0)
    listed = {"configurations": [space.sample(rng).to_json() for _ in range(LISTED)]}
    return replace(task, spec=parse_spec(task.spec.to_json() | {"space": listed}))


def search(problem: Problem, name: str, seed: int, n: int, budget: int) -> list[Trial]:
    *_, trials = islice(follow(problem, METHODS[name], seed, budget), n)
    return trials


def check(problem: Problem, trials: Sequence[Trial]) -> None:
    space = make_space(problem.spec)
    assert len({x.key for x in trials}) == len(trials)
    for trial in trials:
        if trial.origin != "probe":
            space.validate(trial.configuration)


CASES = [
    pytest.param("GPSampler + design", "optuna_gp", 100),
    pytest.param("qLogNEHVI + design", "botorch_nehvi", 100),
    pytest.param("Ax + design", "ax_client", 100, marks=pytest.mark.slow),
    pytest.param("AutoPEFT", "autopeft", 20, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "origin", "budget"), CASES)
def test_proposals_are_new_and_follow_from_the_trials(
    task: Problem, name: str, origin: str, budget: int
) -> None:
    needs(name)
    trials = search(task, name, seed=0, n=12, budget=budget)
    check(task, trials)
    assert [x.origin for x in trials[-2:]] == [origin] * 2
    # Another seed in between, for AutoPEFT keeps its last batch.
    other = METHODS[name](task, trials[:-1], 1, budget)
    assert other.configuration.key not in {x.key for x in trials[:-1]}
    again = METHODS[name](task, trials[:-1], 0, budget)
    assert (again.configuration.key, again.seed) == (trials[-1].key, trials[-1].seed)


@pytest.mark.parametrize(("name", "origin", "budget"), CASES)
def test_a_closed_list_is_searched_within(
    closed: Problem, name: str, origin: str, budget: int
) -> None:
    needs(name)
    trials = search(closed, name, seed=0, n=13, budget=budget)
    check(closed, trials)
    assert {x.key for x in trials} < {x.key for x in make_space(closed.spec).members}
    assert trials[-1].origin == origin


def test_a_point_means_its_configuration(task: Problem) -> None:
    space, rng = make_space(task.spec), np.random.default_rng(0)
    points, drawn = Points(space), [space.sample(rng) for _ in range(50)]
    placed = [points.place(x) for x in drawn]
    assert [space.decode(x).key for x in placed] == [x.key for x in drawn]
    assert [points.place(space.decode(x)) for x in placed] == placed
    columns = points.columns(placed)
    assert columns.min() == 0.0 and columns.max() == 1.0
    assert all(points.read(x, {y.key}) is None for x, y in zip(placed, drawn, strict=True))


def test_the_frozen_model_is_the_probe_at_any_rate(task: Problem) -> None:
    trials = search(task, "random", seed=0, n=3, budget=50)
    probe = trials[0].configuration
    assert probe.frozen
    faster = replace(probe, learning_rate=2 * probe.learning_rate)
    assert faster.key != probe.key
    assert find_same(trials, faster) is trials[0]
    assert find_same(trials, trials[2].configuration) is trials[2]
    assert find_same(trials[:2], trials[2].configuration) is None


def test_the_sweep_goes_through_ranks_and_choices_of_matrices(
    task: Problem, closed: Problem
) -> None:
    trials = search(task, "LoRA sweep", seed=0, n=7, budget=20)
    check(task, trials)
    found = [x.configuration for x in trials[1:]]
    assert len({x.learning_rate for x in found}) == 3
    assert len({x.profile[0][0].roles for x in found}) == 2
    assert all(len({*x.profile}) == 1 and x.profile[0][0].capacity == 8 for x in found)
    listed = {
        "configurations": [found[4].to_json(), *closed.spec.to_json()["space"]["configurations"]]
    }
    some = replace(task, spec=parse_spec(task.spec.to_json() | {"space": listed}))
    second = METHODS["LoRA sweep"](some, [], 0, 20)
    assert second.configuration.key == found[4].key


@pytest.fixture(scope="module")
def searched(task: Problem) -> list[Trial]:
    """The last by the model, after a repeat."""
    return search(task, "ours", seed=3, n=20, budget=25)


# Of a made-up task nothing is expected anyway.
@pytest.mark.parametrize("name", [x for x in ABLATIONS if x != "ours with nothing taught"])
def test_an_engine_without_a_part_proposes_something_else(
    task: Problem, searched: list[Trial], name: str
) -> None:
    for number in range(2, len(searched)):
        found = ABLATIONS[name](task, searched[:number], 3, 25)
        if found.configuration.key != searched[number].key:
            return
    raise AssertionError("it is the whole engine")


def test_what_autopeft_models_are_normal_scores() -> None:
    from benchmarks.search.peers.autopeft import copula

    known = np.array([[1.0, -5.0], [2.0, -7.0], [3.0, -6.0]])
    scores = copula(known, known)
    assert (scores.argsort(axis=0) == known.argsort(axis=0)).all()
    assert scores[0] == pytest.approx([-0.4307, 3.7190], abs=1e-4)
    below = copula(np.array([[0.0, -9.0]]), known)
    assert below[0] == pytest.approx([-3.7190] * 2, abs=1e-4)


def test_ax_is_told_what_a_configuration_is(task: Problem) -> None:
    pytest.importorskip("ax")
    from benchmarks.search.peers.ax_parameters import Parameters

    space, rng = make_space(task.spec), np.random.default_rng(0)
    parameters, points = Parameters(space), Points(space)
    for configuration in [space.sample(rng) for _ in range(50)]:
        said = parameters.write(points.place(configuration))
        assert set(said) < {x.name for x in parameters.configs}
        assert space.decode(parameters.read(said)).key == configuration.key


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "Ax", ("json", "no_such_package"))  # type: ignore[arg-type]
    check_packages(["ours", "qLogNEHVI"])
    with pytest.raises(SystemExit, match=r"^expected no_such_package for .*'Ax'; got none; "):
        check_packages(["ours", "Ax"])
