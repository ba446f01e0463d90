"""Searches whose trainings are answered at once, with truths to hold what they tell against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.emulated import TASKS, EmulatedTruth, make_emulated
from benchmarks.search.methods import METHODS, by_spec
from benchmarks.search.problem import Problem
from peftsearch.records.trial import Proposal, Trial
from peftsearch.search.goals.observations import observe
from peftsearch.search.repeats import choose_repeat, repeat_due
from peftsearch.spaces.configurations.configuration import Configuration
from tests.search.jobs import make_trial

from .recorded_truths import RecordedSeeds, read_seeds

REPEATS = 0.15
"""Share of a random search's budget, as the engine has it by default."""


@dataclass(frozen=True)
class Truth:
    """What an expectation is held against, and the variance with which it is known."""

    value: float
    variance: float = 0.0


@dataclass(frozen=True)
class Ground:
    """A problem whose trainings are answered, and its truths.

    Attributes:
        truths: By name those of a configuration, given the trials that a search saw.
        repeatable: Whether any configuration can be trained again.
    """

    problem: Problem
    truths: Callable[[Configuration, Sequence[Trial]], Mapping[str, Truth]]
    repeatable: bool


def open_ground(name: str, draw: int) -> Ground:
    """A made-up task, with validation rows of this draw's own, or a recorded grid."""
    if name not in TASKS:
        grid = read_seeds(Path(name))
        return Ground(grid, partial(_recorded, grid.truth), repeatable=False)
    problem = make_emulated(name, rows=draw + 1)
    truth = problem.truth
    assert isinstance(truth, EmulatedTruth)
    return Ground(
        problem,
        lambda x, _: {"worth": Truth(truth.quality(x)), "again": Truth(truth.on_rows(x))},
        repeatable=True,
    )


def _recorded(grid: Any, configuration: Configuration, seen: Sequence[Trial]) -> dict[str, Truth]:
    key = configuration.key
    found = {"worth": Truth(grid.tested[key], grid.seed_variance + grid.test_variance)}
    used = {x.seed for x in seen if x.key == key}
    others = [y for seed, y in grid.seeds[key].items() if seed not in used]
    if others:
        found["again"] = Truth(float(np.mean(others)), grid.seed_variance / len(others))
    return found


def by_engine(ground: Ground, draw: int, budget: int) -> list[Trial]:
    """The engine's own search; where nothing can be trained again, without repeats."""
    method, trials = by_spec({} if ground.repeatable else {"repeats": 0.0}), list[Trial]()
    while len(trials) < budget:
        _train(ground, trials, method(ground.problem, trials, draw, budget))
    return trials


def at_random(ground: Ground, draw: int, budget: int) -> list[Trial]:
    """The design, then random configurations, with repeats of the front as the engine has them."""
    trials, method, done, design = list[Trial](), METHODS["random + design"], 0, 0
    rng = np.random.default_rng(draw)
    while len(trials) < budget:
        proposal = method(ground.problem, trials, draw, budget)
        design += proposal.origin != "random"
        known = observe(ground.problem.spec, trials)
        again = choose_repeat(known, ground.problem.reference) if ground.repeatable else None
        due = len(trials) >= design and repeat_due(REPEATS, budget, design, len(trials), done)
        if due and again is not None:
            proposal, done = Proposal(again, int(rng.integers(2**31)), "repeat"), done + 1
        _train(ground, trials, proposal)
    return trials


WAYS = {"engine": by_engine, "random": at_random}


def _train(ground: Ground, trials: list[Trial], proposal: Proposal) -> None:
    truth = ground.problem.truth
    if isinstance(truth, RecordedSeeds):
        seed, quality = truth.first(proposal.configuration)
        proposal = replace(proposal, seed=seed)
    else:
        quality = truth.train(proposal.configuration, proposal.seed)
    _add(ground, trials, proposal, quality)


def _add(ground: Ground, trials: list[Trial], proposal: Proposal, quality: float) -> None:
    truth = ground.problem.truth
    rows = {"validation_rows": truth.rows} if isinstance(truth, RecordedSeeds) else {}
    trials.append(replace(make_trial(len(trials), proposal, quality), provenance=rows))


def repeat_recorded(ground: Ground, trials: Sequence[Trial], draw: int) -> list[Trial]:
    """With the second seed of every other configuration that has one: the rest is held out."""
    truth, found = ground.problem.truth, list(trials)
    if isinstance(truth, RecordedSeeds):
        several = [x for x in trials if len(truth.seeds[x.key]) > 1]
        order = np.random.default_rng(draw).permutation(len(several))
        for i in order[::2].tolist():
            trial = several[i]
            seed, quality = list(truth.seeds[trial.key].items())[1]
            _add(ground, found, Proposal(trial.configuration, seed, "repeat"), quality)
    return found


def count_answers(problem: Problem) -> int:
    """How many configurations can be trained; of made-up tasks as many as one likes."""
    truth = problem.truth
    return len(truth.seeds) if isinstance(truth, RecordedSeeds) else 10**6
