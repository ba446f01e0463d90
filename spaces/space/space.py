"""The search space: which configurations may be proposed for one model.

A point is a tuple of integers; `layout` says what each means. Many points can mean one
configuration; what counts is `Configuration.key`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters, Ladders
from peftsearch.spaces.configurations.placement import Bundle, make_modules, sized
from peftsearch.spaces.configurations.places import place
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import Bound, write_quantity
from peftsearch.spaces.jobspec.objectives import cost_function

from .descent import descend
from .layout import Layout, StratumPart

_KEPT = 10_000
CATEGORICAL = ("bundle", "roles", "placement", "input")
"""How names of dimensions begin whose values have no order."""
_DRAWS = 10_000


@dataclass(frozen=True)
class Space:
    """All configurations of `n` strata over one anatomy.

    Attributes:
        bundles: For each stratum, what it may carry.
        boundaries: For each of the `n - 1` inner boundaries, its lowest and highest layer index;
            both ascend, so that sorted boundaries stay in their ranges.
        ladders: Ascending capacities of each sized technique of the bundles; 0 means absent.
        role_sets: Sets of target roles for techniques that leave them open.
        placements: Names of placements (`place`).
        rates: Ascending learning rates.
        factors: Ascending factors on the learning rate of a stratum.
        inputs: Virtual tokens of the model's input; None for none.
        masked: Whether each layer may be left out by itself.
        monotone: Whether what a layer costs never falls with depth.
        bounds: Hard bounds on known costs.
        training: Ascending values of each hyperparameter that is searched.
        bare: Whether what adapts nothing may be searched too: where its head follows the rate.
            Else every rate would train the linear probe again.
        members: Of a closed space, all that it holds, distinct by key; the coordinates then only
            say which are alike. Empty of an open one.
    """

    anatomy: Anatomy
    bundles: tuple[tuple[Bundle, ...], ...]
    boundaries: tuple[tuple[int, int], ...]
    ladders: Mapping[str, tuple[int, ...]]
    role_sets: tuple[tuple[str, ...], ...]
    placements: tuple[str, ...]
    rates: tuple[float, ...]
    factors: tuple[float, ...] = (1.0,)
    inputs: tuple[Module | None, ...] = (None,)
    masked: bool = False
    monotone: bool = False
    bounds: tuple[Bound, ...] = ()
    training: Ladders = field(default_factory=dict)
    bare: bool = True
    members: tuple[Configuration, ...] = ()

    @cached_property
    def techniques(self) -> tuple[str, ...]:
        """Names of all that may be proposed, without repeats: those of the bundles first."""
        bundles = (bundle for bundles in self.bundles for bundle in bundles)
        names = [name for bundle in bundles for name in bundle]
        return tuple(dict.fromkeys([*names, *(x.technique for x in self.inputs if x is not None)]))

    @cached_property
    def slots(self) -> int:
        """Sizes of a stratum: as many as a bundle has sized techniques at most."""
        return max(len(sized(bundle)) for bundles in self.bundles for bundle in bundles)

    @cached_property
    def levels(self) -> int:
        """Number of values of a size: that of the longest ladder."""
        return max(map(len, self.ladders.values()), default=1)

    @cached_property
    def layout(self) -> Layout:
        """Where the parts of a point stand."""
        return Layout(len(self.bundles), self.slots, len(self.training))

    @cached_property
    def dimensions(self) -> tuple[tuple[str, int], ...]:
        """Name and number of values of each coordinate of a point, `d` of them."""
        named = [("rate", len(self.rates))]
        cuts = enumerate(self.boundaries)
        named += [(f"boundary{i}", high - low + 1) for i, (low, high) in cuts]
        common = (self.levels,) * self.slots
        common += (len(self.role_sets), len(self.placements), len(self.factors))
        for i, bundles in enumerate(self.bundles):
            values = zip(self.layout.names, (len(bundles), *common), strict=True)
            named += [(name.format(i), count) for name, count in values]
        named.append(("input", len(self.inputs)))
        named += [(name, len(values)) for name, values in self.training.items()]
        masks = range(self.anatomy.layers if self.masked else 0)
        return (*named, *((f"layer{layer}", 2) for layer in masks))

    def decode(self, point: Sequence[int]) -> Configuration:
        """Configuration of a point of `d` indices. Crossing boundaries are sorted; in a monotone
        space, the strata's contents are sorted by cost."""
        parts = self.layout.split(point)
        contents = self._sort(parts.strata) if self.monotone else enumerate(parts.strata)
        runs = zip(contents, pairwise(self.edges(parts.boundaries)), strict=True)
        strata = tuple(self._stratum(i, part, edges, parts.mask) for (i, part), edges in runs)
        rate, tokens = self.rates[parts.rate], self.inputs[parts.input]
        return Configuration(strata, rate, tokens, self._training(parts.training))

    def _sort(self, strata: Sequence[StratumPart]) -> list[tuple[int, StratumPart]]:
        """By what a layer of them costs; placements stay where they are."""

        def cost(stratum: tuple[int, StratumPart]) -> int:
            return layer_parameters(self._modules(*stratum), self.anatomy)

        pairs = zip(sorted(enumerate(strata), key=cost), strata, strict=True)
        return [(i, part._replace(placement=own.placement)) for (i, part), own in pairs]

    def edges(self, boundaries: Sequence[int]) -> list[int]:
        """Where strata begin and end by the `n - 1` boundaries of a point, `n + 1` layers."""
        cuts = zip(self.boundaries, boundaries, strict=True)
        return [0, *sorted(low + above for (low, _), above in cuts), self.anatomy.layers]

    def _training(self, places: Sequence[int]) -> Hyperparameters:
        chosen = zip(self.training.items(), places, strict=True)
        said: dict[str, Any] = {name: values[place] for (name, values), place in chosen}
        return Hyperparameters(**said)

    def _modules(self, stratum: int, part: StratumPart) -> tuple[Module, ...]:
        bundle = self.bundles[stratum][part.bundle]
        return self._contents(bundle, part.sizes, part.roles, part.factor)

    @cached_property
    def _stratum(
        self,
    ) -> Callable[[int, StratumPart, tuple[int, int], tuple[int, ...]], Stratum]:
        """Kept, since a stratum keeps what it works out about itself."""
        return lru_cache(maxsize=_KEPT)(self._make_stratum)

    def _make_stratum(
        self, index: int, part: StratumPart, edges: tuple[int, int], mask: tuple[int, ...]
    ) -> Stratum:
        carriers = self._carriers(*edges, part.placement, mask)
        return Stratum(*edges, self._modules(index, part), carriers)

    @cached_property
    def _contents(self) -> Callable[[Bundle, tuple[int, ...], int, int], tuple[Module, ...]]:
        """Proposals decode the same few contents thousands of times."""
        return lru_cache(maxsize=_KEPT)(self._make_contents)

    def _make_contents(
        self, bundle: Bundle, levels: tuple[int, ...], roles: int, factor: int
    ) -> tuple[Module, ...]:
        sizes = [self.capacity(name, x) for name, x in zip(sized(bundle), levels, strict=False)]
        aimed, rate = self.role_sets[roles], self.factors[factor]
        return make_modules(bundle, sizes, aimed, self.anatomy, rate)

    def capacity(self, name: str, level: int) -> int:
        """Capacity of a technique at a level; a ladder shorter than the longest is stretched."""
        ladder = self.ladders[name]
        return ladder[level * len(ladder) // self.levels]

    def _carriers(
        self, start: int, stop: int, placement: int, mask: Sequence[int]
    ) -> tuple[int, ...] | None:
        placed = place(self.placements[placement], start, stop)
        if not self.masked:
            return placed
        layers = range(start, stop) if placed is None else placed
        kept = tuple(layer for layer in layers if mask[layer])
        return None if len(kept) == stop - start else kept

    def from_unit(self, unit: NDArray[np.float64]) -> Configuration:
        """Configuration of a point of the unit cube, `d` coordinates in [0, 1)."""
        sizes = [size for _, size in self.dimensions]
        return self.decode([min(int(u * s), s - 1) for u, s in zip(unit, sizes, strict=True)])

    def sample(self, rng: np.random.Generator) -> Configuration:
        """One configuration within the bounds: uniform over points, or the end of a descent where
        10,000 draws met none.

        Raises:
            UserError: Neither has met one.
        """
        drawn = self.draw(rng)
        if drawn is not None:
            return drawn
        nearest, excess = self.approach(rng)
        if excess == 0:
            return nearest
        raise UserError(
            f"bounds that some configuration of the space meets ({self._bounds_text})",
            "none in 10,000 samples",
            "loosen objectives.bounds or lower the ranks",
        )

    def draw(self, rng: np.random.Generator) -> Configuration | None:
        """The first of 10,000 random configurations that is within the bounds; None of none."""
        drawn = (self._draw(rng) for _ in range(_DRAWS))
        return next((x for x in drawn if self.feasible(x)), None)

    def _draw(self, rng: np.random.Generator) -> Configuration:
        if self.members:
            return self.members[int(rng.integers(len(self.members)))]
        return self.from_unit(rng.random(len(self.dimensions)))

    def approach(self, rng: np.random.Generator) -> tuple[Configuration, float]:
        """The configuration that adapts something and breaks the bounds least, of those that a
        descent met, of a closed space of all; and how far (`excess`)."""
        if self.members:
            least = min(self.members, key=self.excess)
            return least, self.excess(least)
        sizes = [size for _, size in self.dimensions]
        point, excess = descend(sizes, lambda x: self.excess(self.decode(x)), rng)
        return self.decode(point), excess

    def excess(self, configuration: Configuration) -> float:
        """How far the bounds are broken, summed over them; infinite of what adapts nothing."""
        if configuration.frozen:
            return math.inf
        costs = ((x, cost_function(x.name)(configuration, self.anatomy)) for x in self.bounds)
        return sum(bound.excess(cost) for bound, cost in costs)

    @property
    def _bounds_text(self) -> str:
        return ", ".join(map(str, self.bounds))

    def feasible(self, configuration: Configuration) -> bool:
        """Whether it may be searched: all hard bounds hold, it is not the probe once more, and a
        closed space lists it."""
        wanted = self._lists(configuration) and (self.bare or not configuration.frozen)
        return wanted and self.within_bounds(configuration)

    def within_bounds(self, configuration: Configuration) -> bool:
        """Whether all hard bounds hold."""
        return all(
            bound.holds(cost_function(bound.name)(configuration, self.anatomy))
            for bound in self.bounds
        )

    def _lists(self, configuration: Configuration) -> bool:
        return not self.members or configuration.key in self._keys

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(x.key for x in self.members)

    def validate(self, configuration: Configuration, named: str = "a configuration") -> None:
        """Refuse a configuration that cannot be built, breaks a hard bound or is not listed.

        Args:
            named: What it is, for people.

        Raises:
            UserError: Says which rule it breaks.
        """
        check_configuration(configuration, self.anatomy)
        if not self._lists(configuration):
            got, hint = "another one", "add it to the list, or leave it out"
            raise UserError("a configuration of the list space.configurations", got, hint)
        for bound in self.bounds:
            value = cost_function(bound.name)(configuration, self.anatomy)
            if not bound.holds(value):
                expected = f"{named} within the bound {bound}"
                headless = bound.name == "export_bytes" and self.anatomy.head is None
                least = "at least " if headless else ""
                got = f"{bound.name} of {least}{write_quantity(bound.name, value)}"
                hint = "choose a smaller configuration, or loosen objectives.bounds"
                raise UserError(expected, got, hint)
