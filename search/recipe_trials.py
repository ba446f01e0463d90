"""Known good configurations, to begin a search with where its space can express them."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, product
from typing import Any

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.placement import Bundle, make_modules, sized
from peftsearch.spaces.configurations.recipes import RANK, recipe
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.space import Space
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique

_USUAL = ("bitfit", "lora", "spafit-4-9-I", "ia3", "ln_tuning")
_BRACKET = 10**0.5
"""Factor on the nominal rate, up and down, at which the commonest recipe is tried as well."""


def probe(space: Space) -> Configuration:
    """The linear probe: no adapters, only the head is trained."""
    strata = (Stratum(0, space.anatomy.layers),)
    rate = _nearest_rate(space, NOMINAL_RATE)
    bare = Configuration(strata, rate, training=_usual(space))
    return within_bounds(space, bare)


def recipes(space: Space) -> list[Configuration]:
    """The known recipes that the space can express within its bounds.

    In this order: BitFit everywhere; uniform LoRA of rank 8 on queries and values (Hu et al.), and
    again half a decade below and above its rate; SPAFIT-4-9 scaled to the depth; IA3 everywhere;
    where there are several strata, LoRA on all roles with a rank that grows with depth (MoLA's
    finding that upper layers deserve more) and the smallest LoRA, in the top layer alone, which
    opens the cheap end of the front; the norms everywhere; where there is one stratum with a
    choice of bundles, each of them at a middle size.

    Sizes are the ladder's nearest. All but two train at the nominal rate, since a rate is relative
    to each technique's; whether nominal rates suit the task is what three rates of one recipe tell
    before any technique is judged. Where a space has no uniform LoRA, it is the first of the
    others that comes at three rates. All train with the middle one of the values of each searched
    hyperparameter, or, where that breaks a bound, a lower one.
    """
    named = {name: recipe(name, space.anatomy, RANK, NOMINAL_RATE) for name in _USUAL}
    several = len(space.bundles) > 1 and "lora" in space.ladders
    candidates = [
        *(named[name] for name in _USUAL[:4]),
        *([_rising(space), _smallest(space)] if several else []),
        named["ln_tuning"],
        *(_each_bundle(space) if is_choice(space) else []),
    ]
    found = [known for x in candidates if (known := express(space, x)) is not None]
    common = express(space, named["lora"]) or next(iter(found), None)
    bracketed = chain.from_iterable(
        [x, *_bracket(space, x)] if x == common else [x] for x in found
    )
    kept = {x.key: x for x in bracketed}
    return [x for x in (within_bounds(space, x) for x in kept.values()) if space.feasible(x)]


def express(space: Space, recipe: Configuration) -> Configuration | None:
    """The space's own point for a recipe, if it has one."""
    point = encode(space, _adapt(space, recipe))
    return None if point is None else space.decode(point)


def _bracket(space: Space, common: Configuration) -> list[Configuration]:
    """The same half a decade below and above the nominal rate, or as far as the space goes."""
    rates = [_nearest_rate(space, NOMINAL_RATE * x) for x in (1 / _BRACKET, _BRACKET)]
    return [replace(common, learning_rate=rate) for rate in rates]


def within_bounds(space: Space, configuration: Configuration) -> Configuration:
    """With the highest values of what is searched of the training, none above its own, with which
    it is within the bounds; itself where it is with none."""
    own = configuration.training.said
    ladders = [[x for x in space.training[name][::-1] if x <= own[name]] for name in own]
    said: list[dict[str, Any]] = [dict(zip(own, x, strict=True)) for x in product(*ladders)]
    fitting = (replace(configuration, training=Hyperparameters(**x)) for x in said)
    return next(filter(space.within_bounds, fitting), configuration)


def _adapt(space: Space, configuration: Configuration) -> Configuration:
    """With the nearest sizes of the space's ladders, its nearest rate and other values that it
    searches of the training, and its first role set for one it lacks."""

    def fit(module: Module) -> Module:
        ladder = [x for x in space.ladders.get(module.technique, ()) if x]
        size = min(ladder, key=lambda x: abs(x - module.capacity), default=module.capacity)
        fixed = not module.roles or technique(module.technique).roles
        roles = module.roles if fixed or module.roles in space.role_sets else space.role_sets[0]
        return replace(module, capacity=size if module.capacity else 0, roles=roles)

    strata = (replace(x, modules=tuple(map(fit, x.modules))) for x in configuration.strata)
    rate = _nearest_rate(space, configuration.learning_rate)
    said = _nearest_training(space, configuration.training.said)
    return replace(configuration, strata=tuple(strata), learning_rate=rate, training=said)


def is_choice(space: Space) -> bool:
    """One stratum, and more to choose for it than one size."""
    return len(space.bundles) == 1 and (len(space.bundles[0]) > 1 or space.slots > 1)


def _each_bundle(space: Space) -> Iterator[Configuration]:
    roles = max(space.role_sets, key=len)
    for bundle in space.bundles[0]:
        sizes = [_middle(space.ladders[name]) for name in sized(bundle)]
        modules = make_modules(bundle, sizes, roles, space.anatomy)
        yield _tile(space, [(space.anatomy.layers, modules)])


def _middle(ladder: tuple[int, ...]) -> int:
    """Of the capacities that are not 0."""
    positive = [x for x in ladder if x]
    return positive[len(positive) // 2]


def _rising(space: Space) -> Configuration:
    """As many equal parts as strata, with ranks from the ladder's inside."""
    n, layers = len(space.bundles), space.anatomy.layers
    roles = max(space.role_sets, key=len)
    ranks = space.ladders["lora"]
    ladder = ranks[1:-1] or ranks
    steps = [ladder[round(i * (len(ladder) - 1) / max(n - 1, 1))] for i in range(n)]
    stops = [round((i + 1) * layers / n) for i in range(n)]
    parts = [_lora(space, rank, roles) for rank in steps]
    return _tile(space, list(zip(stops, parts, strict=True)))


def _smallest(space: Space) -> Configuration:
    layers, roles = space.anatomy.layers, min(space.role_sets, key=len)
    modules = _lora(space, min(space.ladders["lora"]), roles)
    return _tile(space, [(layers - 1, ()), (layers, modules)])


def _lora(space: Space, rank: int, roles: tuple[str, ...]) -> tuple[Module, ...]:
    bundle: Bundle = ("lora",)
    return make_modules(bundle, (rank,), roles, space.anatomy)


def _tile(space: Space, parts: list[tuple[int, tuple[Module, ...]]]) -> Configuration:
    """Strata that end at the given layers."""
    strata, start = [], 0
    for stop, modules in parts:
        strata.append(Stratum(start, stop, modules))
        start = stop
    return Configuration(tuple(strata), NOMINAL_RATE)


def _usual(space: Space) -> Hyperparameters:
    return _nearest_training(space, {})


def _nearest_training(space: Space, said: Mapping[str, float]) -> Hyperparameters:
    """The nearest values of what is searched where they are said, else the usual ones."""
    nearest: dict[str, Any] = {
        name: min(values, key=lambda x: abs(x - said[name]))
        for name, values in space.training.items()
        if name in said
    }
    return Hyperparameters(**nearest).fill(space.training)


def _nearest_rate(space: Space, wanted: float) -> float:
    return min(space.rates, key=lambda rate: abs(math.log(rate / wanted)))
