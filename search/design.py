"""Trials before the model takes over: probe, the user's own, recipes, then a Sobol sequence."""

from collections.abc import Iterator
from typing import NamedTuple

from scipy.stats import qmc

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.nearest import Nearest
from peftsearch.spaces.space.space import Space

from .recipe_trials import probe, recipes

USUAL_TRIALS = 50
"""Budget that is assumed where the job is limited by hours alone."""
_SOBOL_POINTS = 12
"""Logarithm to base 2 of the length of the Sobol sequence: 4,096 points."""


class Design(NamedTuple):
    """What is tried first.

    Attributes:
        fixed: Configurations with their origin, distinct by key: probe, tries, recipes.
        length: Number of trials before the model takes over, the fixed ones included.
    """

    fixed: tuple[tuple[Configuration, str], ...]
    length: int


def make_design(spec: JobSpec, space: Space) -> Design:
    """Design of a job.

    By default one Sobol point for each ten trials of the budget beyond the first twenty, at most
    eight, follow the fixed ones, and the whole takes at most two thirds of the budget: with 12
    trials the probe and seven recipes leave four to the model; with 200 it takes over after 18.
    The recipes already span the techniques, the cost axis and the rates, which is why so few
    points follow. The probe and the user's own are never cut. In a closed space the probe, too,
    is tried only where it is listed.
    """
    own = [(x, "probe") for x in _probes(space)]
    own += [(x, "try") for x in spec.try_configurations]
    known = [(x, "recipe") for x in recipes(space)] if spec.search.recipes else []
    fixed: dict[str, tuple[Configuration, str]] = {}
    for configuration, origin in own + known:
        fixed.setdefault(configuration.key, (configuration, origin))
    needed = sum(origin != "recipe" for _, origin in fixed.values())
    length = spec.search.design
    if length is None:
        budget = spec.budget.trials or USUAL_TRIALS
        points = min(max(round(budget / 10) - 2, 0), 8)
        length = min(len(fixed) + points, 2 * budget // 3)
    length = max(length, needed)
    return Design(tuple(fixed.values())[:length], length)


def _probes(space: Space) -> list[Configuration]:
    """The probe; of a closed space the first that it lists, if any."""
    if not space.members:
        return [probe(space)]
    return [x for x in space.members if x.frozen and space.feasible(x)][:1]


def sobol(space: Space, seed: int) -> Iterator[Configuration]:
    """Feasible configurations of a scrambled Sobol sequence over the space's points; of a closed
    space the members that are nearest to them, some several times."""
    engine = qmc.Sobol(len(space.dimensions), scramble=True, rng=seed)
    units = engine.random_base2(_SOBOL_POINTS)
    if space.members:
        nearest, sizes = Nearest(space), [size for _, size in space.dimensions]
        yield from filter(None, (nearest.find(unit * sizes - 0.5) for unit in units))
        return
    for unit in units:
        configuration = space.from_unit(unit)
        if space.feasible(configuration):
            yield configuration
