"""Trees in place of trainings: they answer for what was recorded; the front is what there is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from benchmarks.findings.fronts import Grid
from benchmarks.search import fitted
from benchmarks.search.grid import RecordedTruth, read_grid
from benchmarks.search.problem import Problem
from peftsearch.insight.points import is_plain_lora
from peftsearch.records.axes import cost_of
from peftsearch.spaces.configurations.recipes import recipe
from peftsearch.spaces.space.presets import make_space

FOLDER = Path("benchmarks/ground/tweets")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return fitted.read_fitted(FOLDER)


def test_a_grid_without_second_seeds_has_noise_all_the_same() -> None:
    grid = read_grid(FOLDER)
    assert isinstance(grid.truth, RecordedTruth)
    once = RecordedTruth({key: x[:1] for key, x in grid.truth.seen.items()}, grid.truth.worth)
    truth = fitted.fit(replace(grid, truth=once))
    assert truth.deviation == pytest.approx(truth.of_rows * fitted.SEEDS_SHARE / fitted.ROWS_SHARE)
    assert np.isfinite(truth.train(make_space(grid.spec).members[0], 1))


def test_what_was_recorded_is_nearly_what_they_say(problem: Problem) -> None:
    grid = read_grid(FOLDER)
    assert isinstance(grid.truth, RecordedTruth)
    members = make_space(grid.spec).members
    said = [problem.truth.quality(x) for x in members]
    assert spearmanr(said, [grid.truth.quality(x) for x in members]).statistic > 0.8
    seeds = [problem.truth.train(members[1], seed) for seed in range(200)]
    assert isinstance(problem.truth, fitted.FittedTruth)
    assert np.std(seeds) == pytest.approx(problem.truth.deviation, rel=0.2)
    gaps = [problem.truth.train(x, 1) - y for x, y in zip(members, said, strict=True)]
    both = np.hypot(problem.truth.deviation, problem.truth.of_rows)
    assert problem.truth.of_rows > problem.truth.deviation
    assert np.std(gaps) == pytest.approx(both, rel=0.25)
    assert np.mean(gaps) == pytest.approx(0, abs=3 * both / len(gaps) ** 0.5)


def test_nothing_random_is_above_the_front(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitted, "DRAWN", 400)
    monkeypatch.setattr(fitted, "ROUNDS", 3)
    assert isinstance(problem.truth, fitted.FittedTruth)
    front = fitted.find_front(problem.truth, problem.spec)
    # The first draws of the same generator are those that it began with.
    space, rng = make_space(problem.spec), np.random.default_rng(0)
    for x in [space.sample(rng) for _ in range(100)]:
        below = front[front[:, 0] <= cost_of(problem.spec, x), 1]
        assert len(below) and problem.truth.quality(x) <= below.max() + 1e-12


def test_a_sweep_is_lora_alone_and_everywhere() -> None:
    grid = Grid(FOLDER)
    anatomy = grid.problem.spec.anatomy
    assert is_plain_lora(recipe("lora", anatomy, 8))
    assert not is_plain_lora(recipe("spafit-4-9-I", anatomy, 8))
    assert not is_plain_lora(recipe("bitfit", anatomy))
    assert len(grid.swept) >= 1
    everything = np.arange(len(grid.members))
    assert grid.volume(everything) > 0 and grid.volume(grid.swept) > 0
