"""The strata that cost most: most layers carry what is dear in each, single ones at either end
what costs much by itself, since numbers in common count once for each technique, size and rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.placement import make_modules, sized
from peftsearch.spaces.configurations.places import place
from peftsearch.spaces.jobspec.objectives import Cost
from peftsearch.spaces.techniques.table import technique

from .space import Space

Content = tuple[Module, ...]
Strata = tuple[Stratum, ...]
_MAIN, _SINGLE = 3, 16
"""How many contents are tried in most layers, and in single ones."""
_SWEEPS = 3


def dearest_strata(space: Space, cost: Cost) -> Iterator[Strata]:
    """By ascent: one or more that cost as much as any of the space, or a little more where its
    boundaries and placements leave less room."""
    for placement in ("all",) if "all" in space.placements else space.placements:
        yield from _Ascent(space, cost, placement).run()


@dataclass(frozen=True)
class _Ascent:
    space: Space
    cost: Cost
    placement: str

    def run(self) -> Iterator[Strata]:
        known = {x: self._value([x], [0, self.space.anatomy.layers]) for x in self._contents()}
        mains = sorted(known, key=lambda x: known[x], reverse=True)[:_MAIN]
        yield self._strata([mains[0]], [0, self.space.anatomy.layers])
        count = len(self.space.bundles)
        if count == 1:
            return
        gaining = self._gaining(list(known), mains[0])
        for edges in self._edges(count):
            yield self._strata(self._climb([*mains, *gaining], mains[0], edges), edges)

    def _contents(self) -> Iterator[Content]:
        """Of techniques whose layers hold numbers in common all sizes, of others the dearest."""
        space = self.space
        bundles = dict.fromkeys(bundle for bundles in space.bundles for bundle in bundles)
        for roles, bundle, rate in product(space.role_sets, bundles, space.factors):
            for sizes in product(*(self._sizes(name, roles) for name in sized(bundle))):
                yield make_modules(bundle, sizes, roles, space.anatomy, rate)

    def _sizes(self, name: str, roles: tuple[str, ...]) -> Sequence[int]:
        row, sizes = technique(name), [x for x in self.space.ladders[name] if x]
        if row.shared is not None or row.activations.projected:
            return sizes
        return [max(sizes, key=lambda x: self._alone(name, x, roles))]

    def _alone(self, name: str, size: int, roles: tuple[str, ...]) -> float:
        modules = make_modules((name,), (size,), roles, self.space.anatomy)
        return self._value([modules], [0, self.space.anatomy.layers])

    def _gaining(self, contents: Sequence[Content], main: Content) -> list[Content]:
        """What makes a configuration dearer in its lowest or its highest layer, where all others
        carry the main content; the dearest first."""
        layers = self.space.anatomy.layers
        plain = self._value([main], [0, layers])
        gains: dict[Content, float] = {}
        for x in contents:
            low = self._value([x, main], [0, 1, layers])
            gains[x] = max(low, self._value([main, x], [0, layers - 1, layers])) - plain
        found = [x for x in contents if gains[x] > 0]
        return sorted(found, key=lambda x: gains[x], reverse=True)[:_SINGLE]

    def _edges(self, count: int) -> Iterator[list[int]]:
        """Where strata begin and end: all of one layer but one, or but two that meet where a stack
        of the model ends."""
        layers = self.space.anatomy.layers
        ends = [x for x in accumulate(y.layers for y in self.space.anatomy.stacks) if x < layers]
        for kept, end in product(range(count), (None, *ends)):
            low = range(1, kept + 1)
            high = range(layers - count + kept + 1 + (end is not None), layers)
            cuts = sorted({*low, *high, *([] if end is None else [end])})
            edges = [0, *(x for x in cuts if 0 < x < layers), layers]
            if len(edges) <= count + 1:
                yield edges

    def _climb(
        self, contents: Sequence[Content], main: Content, edges: Sequence[int]
    ) -> list[Content]:
        """Exchange the content of one stratum after the other until nothing is dearer."""
        chosen = [main] * (len(edges) - 1)
        best = self._value(chosen, edges)
        for _ in range(_SWEEPS):
            before = best
            for i, x in product(range(len(chosen)), dict.fromkeys(contents)):
                tried = [*chosen[:i], x, *chosen[i + 1 :]]
                if (value := self._value(tried, edges)) > best:
                    chosen, best = tried, value
            if best == before:
                break
        return chosen

    def _value(self, contents: Sequence[Content], edges: Sequence[int]) -> float:
        training = Hyperparameters.choose(self.space.training, max)
        strata, rate = self._strata(contents, edges), self.space.rates[0]
        return float(self.cost(Configuration(strata, rate, None, training), self.space.anatomy))

    def _strata(self, contents: Sequence[Content], edges: Sequence[int]) -> Strata:
        runs = zip(contents, pairwise(edges), strict=True)
        return tuple(
            Stratum(start, stop, modules, place(self.placement, start, stop))
            for modules, (start, stop) in runs
        )
