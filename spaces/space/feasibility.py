"""Whether anything of a space meets its bounds, and about how much of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NoReturn

import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import Bound, write_quantity
from peftsearch.spaces.jobspec.objectives import CostError, cost_function

from .extremes import smallest
from .inverse import encode
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
    """Refuse bounds that nothing in the space that adapts something meets: each by itself where
    even the cheapest configurations break it, and all together where none is found.

    What the anatomy leaves open counts as nothing, so that what is refused is refused in any case.

    Raises:
        CostError: They do, and which.
    """
    cheapest = list(_cheapest(space))
    for bound in space.bounds:
        cost = cost_function(bound.name)
        least = min((float(cost(x, space.anatomy)) for x in cheapest), default=0.0)
        if not bound.holds(least):
            _refuse(bound, least, "possible")
    if space.bounds and not _meets(space, cheapest):
        _check_together(space)


def _refuse(bound: Bound, least: float, how: str) -> NoReturn:
    near = "to" if bound.holds(bound.limit) else "above"
    smallest = write_quantity(bound.name, least)
    raise CostError(
        f"a bound on {bound.name} that some adapter of the space meets",
        f"{bound}, where the smallest {how} is {smallest}",
        f"raise it {near} {_typed(smallest)}, well above to have a choice, or leave it out",
        "objectives.bounds",
    )


def _typed(quantity: str) -> str:
    """As a bound may say it."""
    return quantity.replace(",", "")


def _meets(space: Space, configurations: Iterable[Configuration]) -> bool:
    """Whether one of them is of the space and within all of its bounds."""
    within = (x for x in configurations if space.excess(x) == 0)
    return any(space.members or encode(space, x) is not None for x in within)


def _check_together(space: Space) -> None:
    """Refuse bounds that nothing met that was looked at as a search would."""
    nearest, excess = space.approach(np.random.default_rng(0))
    if excess == 0:
        return
    costs = {x: float(cost_function(x.name)(nearest, space.anatomy)) for x in space.bounds}
    if len(costs) == 1:
        _refuse(*next(iter(costs.items())), "found")
    found = {x: write_quantity(x.name, cost) for x, cost in costs.items()}
    raised = [f"{x.name} to {_typed(found[x])}" for x in costs if not x.holds(costs[x])]
    raise CostError(
        "bounds that some adapter of the space meets together",
        f"{', '.join(map(str, costs))}, where the nearest found has "
        + ", ".join(f"{x.name} {words}" for x, words in found.items()),
        f"raise {' and '.join(raised)}, well above to have a choice, or leave one out",
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
    a norm, and those whose numbers have fewer digits. Of a closed space all that it lists."""
    if space.members:
        yield from (x for x in space.members if not x.frozen)
        return
    for configuration in smallest(space):
        if configuration.frozen:
            continue
        yield configuration
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
