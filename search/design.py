"""Trials before the model takes over: probe, the user's own, those of earlier jobs, learnt ones,
Sobol points."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scipy.stats import qmc

from peftsearch.records.preparation import Lesson
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.sampler_names import EARLIER
from peftsearch.spaces.jobspec.search_section import Recipes
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.nearest import Nearest
from peftsearch.spaces.space.space import Space

from .learnt_trials import learnt
from .lessons import find_taught
from .recipe_trials import probe, recipes

USUAL_TRIALS = 50
"""Budget that is assumed where the job is limited by hours alone."""
_TAUGHT = 5
"""Configurations of earlier jobs, at most, and one in as many trials of the budget
(docs/decisions/0089-a-job-begins-where-earlier-ones-ended.md)."""
_SOBOL_POINTS = 12
"""Logarithm to base 2 of the length of the Sobol sequence: 4,096 points."""


class Design(NamedTuple):
    """What is tried first.

    Attributes:
        fixed: Configurations with their origin, distinct by key: probe, tries, what is known to be
            good.
        length: Number of trials before the model takes over, the fixed ones included.
    """

    fixed: tuple[tuple[Configuration, str], ...]
    length: int


def make_design(spec: JobSpec, space: Space, lessons: Sequence[Lesson] = ()) -> Design:
    """Design of a job.

    By default two Sobol points fewer than a tenth of the budget, rounded, at most eight, follow
    the fixed ones, and the whole takes at most two thirds of the budget: the model takes over
    after the probe and three learnt configurations, or after 12 trials of 200. Where earlier jobs
    taught some, up to five, they come before the learnt ones, which fill up. The probe and the
    user's own are never cut. In a closed space the probe, too, is tried only where it is listed.
    """
    budget = spec.budget.trials or USUAL_TRIALS
    taught = find_taught(space, lessons)[: min(_TAUGHT, max(1, budget // _TAUGHT))]
    own = [(x, "probe") for x in _probes(space)]
    own += [(x, "try") for x in spec.try_configurations]
    needed = len({x.key for x, _ in own})
    fixed: dict[str, tuple[Configuration, str]] = {}
    own += [(x, EARLIER) for x in taught]
    for configuration, origin in own + _known(spec.search.recipes, space, len(taught)):
        fixed.setdefault(configuration.key, (configuration, origin))
    length = spec.search.design
    if length is None:
        points = min(max(round(budget / 10) - 2, 0), 8)
        length = min(len(fixed) + points, 2 * budget // 3)
    length = max(length, needed)
    return Design(tuple(fixed.values())[:length], length)


def _known(which: Recipes, space: Space, taught: int) -> list[tuple[Configuration, str]]:
    """Good ones to begin with, and their origin; the published where none was learnt."""
    found = [(x, "learnt") for x in learnt(space)] if which == "learnt" else []
    if found or which == "none":
        return found[: max(0, len(found) - taught)]
    return [(x, "recipe") for x in recipes(space)]


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
