"""Ax by its `Client`, with the strategy it chooses itself for two objectives.

A client is made from the trials for each proposal. The cost is a metric without noise, in decades
as all methods see it, and the reference point stands where Ax takes thresholds of objectives.
"""

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ax.api.client import Client
from ax.utils.common.logger import set_ax_logger_levels

from benchmarks.search.problem import Problem
from peftsearch.records.axes import cost_of
from peftsearch.records.trial import Trial
from peftsearch.search.goals.reference_point import ReferencePoint, find_reference_point
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.presets import make_space

from .ax_parameters import Parameters
from .points import Points, find_same

_ASKS = 10
"""Until something is new."""
Measured = Mapping[str, Any]


def suggest(
    problem: Problem, trials: Sequence[Trial], seed: int, budget: int
) -> Configuration | None:
    """See `methods.Suggest`."""
    set_ax_logger_levels(logging.ERROR)
    space = make_space(problem.spec)
    parameters, points = Parameters(space), Points(space)
    reference = find_reference_point(problem.spec, trials, space, problem.preparation)
    known = {x.key: _measure(problem, reference, x) for x in trials}
    state = np.random.SeedSequence((seed, len(trials))).generate_state(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = _make_client(reference, parameters, int(state[0]) >> 1)
        for trial in trials:
            point = points.place(trial.configuration)
            if point is not None:
                index = client.attach_trial(parameters.write(point))
                client.complete_trial(index, raw_data=known[trial.key])
        for _ in range(_ASKS):
            ((index, said),) = client.get_next_trials(max_trials=1).items()
            point = parameters.read(said)
            found = points.read(point, set(known))
            if found is not None:
                return found
            same = find_same(trials, space.decode(point))
            _answer(client, index, None if same is None else known[same.key])
    return None


def _measure(problem: Problem, reference: ReferencePoint, trial: Trial) -> Measured:
    cost = reference.axis(cost_of(problem.spec, trial.configuration))
    return {"accuracy": trial.measurements["accuracy"], "cost": (cost, 0.0)}


def _answer(client: Client, index: int, measured: Measured | None) -> None:
    """Another arm of a configuration that was trained before has its result."""
    if measured is None:
        client.mark_trial_abandoned(index)
    else:
        client.complete_trial(index, raw_data=measured)


def _make_client(reference: ReferencePoint, parameters: Parameters, seed: int) -> Client:
    """The default strategy but for its first trial, the centre, which it leaves out where there
    are trials; a client that begins with many would draw one more at random in its place."""
    client = Client(random_seed=seed)
    client.configure_experiment(parameters=parameters.configs)
    client.configure_optimization(
        objective="accuracy, -cost",
        outcome_constraints=[
            f"accuracy >= {reference.quality}",
            f"cost <= {reference.axis(reference.cost)}",
        ],
    )
    client.configure_generation_strategy(initialize_with_center=False)
    return client
