"""The search space: which configurations may be proposed for one model.

A point is a tuple of integers, one index per `Dimension`; ordinal dimensions are ordered. Many
points can mean one configuration; what counts is `Configuration.key`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from .anatomy import Anatomy
from .bounds import Bound
from .configuration import Configuration, Module, Stratum
from .cost import KNOWN_COSTS
from .errors import UserError
from .techniques import technique
from .validation import check_configuration

Bundle = tuple[str, ...]
"""Techniques that a stratum carries together."""


@dataclass(frozen=True)
class Space:
    """All configurations of `n` strata over one anatomy.

    Attributes:
        bundles: For each stratum, what it may carry.
        boundaries: For each of the `n - 1` inner boundaries, its lowest and highest layer index;
            both ascend, so that sorted boundaries stay in their ranges.
        ranks: Ladder of capacities.
        role_sets: Sets of target roles for techniques that leave them open.
        placements: Names of placements (`place`).
        rates: Ascending learning rates.
        bounds: Hard bounds on known costs.
    """

    anatomy: Anatomy
    bundles: tuple[tuple[Bundle, ...], ...]
    boundaries: tuple[tuple[int, int], ...]
    ranks: tuple[int, ...]
    role_sets: tuple[tuple[str, ...], ...]
    placements: tuple[str, ...]
    rates: tuple[float, ...]
    bounds: tuple[Bound, ...] = ()

    @cached_property
    def dimensions(self) -> tuple[tuple[str, int], ...]:
        """Name and number of values of each coordinate of a point, `d` of them."""
        named = [("rate", len(self.rates))]
        cuts = enumerate(self.boundaries)
        named += [(f"boundary{i}", high - low + 1) for i, (low, high) in cuts]
        for i, bundles in enumerate(self.bundles):
            named += [
                (f"bundle{i}", len(bundles)),
                (f"rank{i}", len(self.ranks)),
                (f"roles{i}", len(self.role_sets)),
                (f"placement{i}", len(self.placements)),
            ]
        return tuple(named)

    def decode(self, point: Sequence[int]) -> Configuration:
        """Configuration of a point of `d` indices. Crossing boundaries are sorted."""
        n = len(self.bundles)
        inner = sorted(low + i for (low, _), i in zip(self.boundaries, point[1:n], strict=True))
        edges = [0, *inner, self.anatomy.layers]
        genes = [point[n + 4 * i : n + 4 * i + 4] for i in range(n)]
        strata = tuple(
            self._stratum(i, edges[i], edges[i + 1], gene) for i, gene in enumerate(genes)
        )
        return Configuration(strata, self.rates[point[0]])

    def _stratum(self, index: int, start: int, stop: int, gene: Sequence[int]) -> Stratum:
        bundle, rank, roles, placement = gene
        modules = make_modules(
            self.bundles[index][bundle], self.ranks[rank], self.role_sets[roles], self.anatomy
        )
        return Stratum(start, stop, modules, place(self.placements[placement], start, stop))

    def from_unit(self, unit: NDArray[np.float64]) -> Configuration:
        """Configuration of a point of the unit cube, `d` coordinates in [0, 1)."""
        sizes = [size for _, size in self.dimensions]
        return self.decode([min(int(u * s), s - 1) for u, s in zip(unit, sizes, strict=True)])

    def sample(self, rng: np.random.Generator) -> Configuration:
        """One configuration within the bounds, uniform over points.

        Raises:
            UserError: No feasible configuration was met in 10,000 draws.
        """
        for _ in range(10_000):
            configuration = self.from_unit(rng.random(len(self.dimensions)))
            if self.feasible(configuration):
                return configuration
        raise UserError(
            f"bounds that some configuration of the space meets ({self._bounds_text})",
            "none in 10,000 samples",
            "loosen objectives.bounds or lower the ranks",
        )

    @property
    def _bounds_text(self) -> str:
        return ", ".join(map(str, self.bounds))

    def feasible(self, configuration: Configuration) -> bool:
        """Whether all hard bounds hold."""
        return all(
            bound.holds(KNOWN_COSTS[bound.name](configuration, self.anatomy))
            for bound in self.bounds
        )

    def validate(self, configuration: Configuration) -> None:
        """Refuse a configuration that cannot be built or that breaks a hard bound.

        Raises:
            UserError: Says which rule it breaks.
        """
        check_configuration(configuration, self.anatomy)
        for bound in self.bounds:
            value = KNOWN_COSTS[bound.name](configuration, self.anatomy)
            if not bound.holds(value):
                raise UserError(str(bound), f"{value:,}", "choose a smaller configuration")

    @cached_property
    def maximum_cost(self) -> dict[str, float]:
        """An upper limit of each known cost: the dearest bundle everywhere, within the bounds."""
        dearest = max(
            (
                Configuration(
                    (Stratum(0, self.anatomy.layers, self._largest(bundle, roles)),), self.rates[0]
                )
                for bundles in self.bundles
                for bundle in bundles
                for roles in self.role_sets
            ),
            key=lambda configuration: KNOWN_COSTS["adapter_bytes"](configuration, self.anatomy),
        )
        costs = {name: float(cost(dearest, self.anatomy)) for name, cost in KNOWN_COSTS.items()}
        for bound in self.bounds:
            costs[bound.name] = min(costs[bound.name], bound.limit)
        return costs

    def _largest(self, bundle: Bundle, roles: tuple[str, ...]) -> tuple[Module, ...]:
        return make_modules(bundle, max(self.ranks), roles, self.anatomy)

    @cached_property
    def size(self) -> int:
        """Number of points, counting a stratum's size knobs only where its bundle has them."""
        # ends[c] counts the ascending choices of the boundaries so far whose last one is c.
        ends = [1] + [0] * self.anatomy.layers
        for low, high in self.boundaries:
            up_to = list(accumulate(ends))
            ends = [up_to[cut] if low <= cut <= high else 0 for cut in range(len(ends))]
        strata = math.prod(sum(map(self._knobs, bundles)) for bundles in self.bundles)
        return sum(ends) * strata * len(self.rates)

    def _knobs(self, bundle: Bundle) -> int:
        rows = [technique(name) for name in bundle]
        if not any(row.injects or row.writes_base for row in rows):
            return 1
        sized = len(self.ranks) if any(row.capacities for row in rows) else 1
        aimed = len(self.role_sets) if any(row.injects and not row.roles for row in rows) else 1
        return sized * aimed * len(self.placements)


def make_modules(
    bundle: Bundle, rank: int, roles: tuple[str, ...], anatomy: Anatomy
) -> tuple[Module, ...]:
    """Modules of a bundle: techniques with fixed roles keep those that the family has."""
    modules = []
    for name in bundle:
        row = technique(name)
        if row.injects:
            aimed = tuple(x for x in row.roles or roles if x in anatomy.linears)
            modules.append(Module(name, rank if row.capacities else 0, aimed))
        elif row.writes_base:
            modules.append(Module(name))
    return tuple(modules)


def place(placement: str, start: int, stop: int) -> tuple[int, ...] | None:
    """Layers of `start <= layer < stop` that a named placement keeps; None for all.

    `alternate` keeps every second layer counted from the top, `upper` and `lower` the half nearer
    to the output and to the input (the larger half where the number is odd).
    """
    half = (stop - start + 1) // 2
    kept = {
        "alternate": range(stop - 1, start - 1, -2),
        "upper": range(stop - half, stop),
        "lower": range(start, start + half),
    }
    return tuple(sorted(kept[placement])) if placement in kept else None
