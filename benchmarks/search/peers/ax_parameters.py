"""A space's parameters as Ax takes them.

Ladders (rates and sizes are steps on a log scale) and boundaries are ranges of whole numbers, what
has no order is a choice. Ax takes conditional parameters as a tree, in which each has one parent
and one of its values: so a stratum first chooses a kind, which is a set of parameters that act
together, then among the bundles of that kind, and on those parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

from peftsearch.spaces.configurations.placement import Bundle, sized
from peftsearch.spaces.space.layout import Point
from peftsearch.spaces.space.space import CATEGORICAL, Space
from peftsearch.spaces.techniques.table import technique

Config = ChoiceParameterConfig | RangeParameterConfig
Said = Mapping[str, Any]


class Parameters:
    """Ax's parameters of a space, and points of `d` indices in them.

    Attributes:
        configs: As `Client.configure_experiment` takes them.
    """

    def __init__(self, space: Space) -> None:
        self._names = [name for name, _ in space.dimensions]
        self._strata = [_Stratum(space, i) for i in range(len(space.bundles))]
        first, last = space.layout.start(0), space.layout.start(len(space.bundles))
        self._free = {
            name: size
            for i, (name, size) in enumerate(space.dimensions)
            if size > 1 and not first <= i < last
        }
        self.configs: list[Config] = [_config(x, size) for x, size in self._free.items()]
        self.configs += [x for stratum in self._strata for x in stratum.configs]

    def write(self, point: Point) -> dict[str, Any]:
        """What Ax is told of a point."""
        values = dict(zip(self._names, map(int, point), strict=True))
        said = {name: _say(name, values[name]) for name in self._free}
        for stratum in self._strata:
            said |= stratum.write(values)
        return said

    def read(self, said: Said) -> list[int]:
        """The point that Ax means; 0 where a coordinate has no effect."""
        values = dict.fromkeys(self._names, 0) | {name: int(said[name]) for name in self._free}
        for stratum in self._strata:
            values |= stratum.read(said)
        return [values[name] for name in self._names]


class _Stratum:
    """The branch of one stratum."""

    def __init__(self, space: Space, number: int) -> None:
        self._bundle, self._kind = f"bundle{number}", f"kind{number}"
        sizes = dict(space.dimensions)
        names = [name.format(number) for name in space.layout.names]
        self._kinds: dict[tuple[str, ...], list[int]] = {}
        for i, bundle in enumerate(space.bundles[number]):
            acting = tuple(x for x in names if sizes[x] > 1 and _acts(x, bundle))
            self._kinds.setdefault(acting, []).append(i)
        self.configs = list(self._branches(sizes))

    def _branches(self, sizes: Mapping[str, int]) -> list[Config]:
        found: list[Config] = []
        below: dict[str, list[str]] = {}
        for kind, (acting, bundles) in enumerate(self._kinds.items()):
            branch = [_config(f"{x}_{kind}", sizes[x]) for x in acting]
            if len(bundles) > 1:
                branch.append(_choice(f"{self._bundle}_{kind}", len(bundles)))
            found += branch
            below |= {str(kind): [x.name for x in branch]} if branch else {}
        if len(self._kinds) > 1:
            found.append(_choice(self._kind, len(self._kinds), below))
        return found

    def write(self, values: Mapping[str, int]) -> dict[str, Any]:
        bundle = values[self._bundle]
        kinds = enumerate(self._kinds.items())
        kind, (acting, bundles) = next(x for x in kinds if bundle in x[1][1])
        said = {f"{x}_{kind}": _say(x, values[x]) for x in acting}
        if len(bundles) > 1:
            said[f"{self._bundle}_{kind}"] = str(bundles.index(bundle))
        return said | ({self._kind: str(kind)} if len(self._kinds) > 1 else {})

    def read(self, said: Said) -> dict[str, int]:
        kind = int(said.get(self._kind, 0))
        acting, bundles = list(self._kinds.items())[kind]
        chosen = int(said.get(f"{self._bundle}_{kind}", 0))
        return {self._bundle: bundles[chosen]} | {x: int(said[f"{x}_{kind}"]) for x in acting}


def _acts(name: str, bundle: Bundle) -> bool:
    """Whether a stratum's coordinate changes something with this bundle."""
    rows = [technique(x) for x in bundle]
    if name.startswith("size"):
        return int(name.rpartition(".")[2]) < len(sized(bundle))
    if name.startswith("roles"):
        return any(x.injects and x.roles is None for x in rows)
    return not name.startswith("bundle") and any(x.adapts for x in rows)


def _config(name: str, size: int) -> Config:
    if name.startswith(CATEGORICAL):
        return _choice(name, size)
    return RangeParameterConfig(name=name, bounds=(0, size - 1), parameter_type="int")


def _choice(
    name: str, size: int, below: Mapping[str, Sequence[str]] | None = None
) -> ChoiceParameterConfig:
    return ChoiceParameterConfig(
        name=name,
        values=[str(x) for x in range(size)],
        parameter_type="str",
        is_ordered=False,
        dependent_parameters=below,
    )


def _say(name: str, value: int) -> int | str:
    return str(value) if name.startswith(CATEGORICAL) else value
