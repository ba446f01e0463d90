"""Whether anything of a space meets its bounds, and about how much of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import CostError, cost_function

from .extremes import smallest
from .space import Space

DRAWS = 1000


@dataclass(frozen=True)
class Share:
    """How much of a space meets its bounds, by random configurations.

    Attributes:
        met: Draws that meet them.
        of: Draws in all.
    """

    met: int
    of: int


def check_bounds(space: Space) -> None:
    """Refuse bounds that even the cheapest configurations of the space that adapt something break.

    What the anatomy leaves open counts as nothing, so that what is refused is refused in any case.

    Raises:
        CostError: They do, and which.
    """
    cheapest = list(_cheapest(space))
    for bound in space.bounds:
        cost = cost_function(bound.name)
        least = min((float(cost(x, space.anatomy)) for x in cheapest), default=0.0)
        if not bound.holds(least):
            near = "to" if bound.holds(bound.limit) else "above"
            raise CostError(
                f"a bound on {bound.name} that some adapter of the space meets",
                f"{bound}, where the smallest possible is {least:,.0f}",
                f"raise it {near} {least:.0f}, well above to have a choice, or leave it out",
                "objectives.bounds",
            )


def estimate_share(space: Space) -> Share:
    """Of a fixed sample of the space's points, of a closed space of all that is listed; those that
    adapt nothing are not counted."""
    rng = np.random.default_rng(0)
    drawn = (space.from_unit(rng.random(len(space.dimensions))) for _ in range(2 * DRAWS))
    adapting = [x for x in space.members if not x.frozen]
    if not space.members:
        adapting = list(islice((x for x in drawn if not x.frozen), DRAWS))
    return Share(sum(map(space.feasible, adapting)), len(adapting))


def _cheapest(space: Space) -> Iterator[Configuration]:
    """The smallest in the top layer, and in others, where a file may be smaller: layers that lack
    a norm, and those whose numbers have fewer digits."""
    for configuration in smallest(space):
        if configuration.frozen:
            continue
        yield configuration
        if space.members:
            continue
        (stratum,) = configuration.strata
        if stratum.layers is not None and len(stratum.layers) == 1:
            for layer in _first_layers(space.anatomy):
                yield replace(configuration, strata=(replace(stratum, layers=(layer,)),))


def _first_layers(anatomy: Anatomy) -> Iterator[int]:
    """The first two layers of each stack."""
    start = 0
    for stack in anatomy.stacks:
        yield from range(start, start + min(2, stack.layers))
        start += stack.layers
