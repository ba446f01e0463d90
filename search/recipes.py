"""Known good configurations, to begin a search with where its space can express them."""

from peftsearch.spaces.configuration import Configuration, Module, Stratum
from peftsearch.spaces.encoding import encode
from peftsearch.spaces.space import Bundle, Space, make_modules
from peftsearch.spaces.techniques import NOMINAL_RATE

_LORA_ROLES = ("query", "value")
_LORA_RANK = 8
_SPAFIT = (4 / 24, 9 / 24)
"""SPAFIT-4-9: of 24 layers 4 stay frozen, the next 5 train biases, the rest biases and LoRA."""


def probe(space: Space) -> Configuration:
    """The linear probe: no adapters, only the head is trained."""
    return Configuration((Stratum(0, space.anatomy.layers),), _nominal_rate(space))


def recipes(space: Space) -> list[Configuration]:
    """The known recipes that the space can express within its bounds.

    BitFit, LayerNorm tuning and IA3 everywhere; uniform LoRA of rank 8 on queries and values (Hu
    et al.); SPAFIT-4-9 scaled to the depth; LoRA on all roles with a rank that grows with depth
    (MoLA's finding that upper layers deserve more); and the smallest LoRA, in the top layer alone,
    which opens the cheap end of the front. Ranks are the ladder's nearest. All train at the
    nominal rate, since a rate is relative to each technique's own.
    """
    layers = space.anatomy.layers
    frozen_until, biases_until = (round(share * layers) for share in _SPAFIT)
    candidates = [
        _uniform(space, ("bitfit",)),
        _uniform(space, ("lora",)),
        _tile(
            space,
            [
                (frozen_until, ()),
                (biases_until, _modules(space, ("bitfit",))),
                (layers, _modules(space, ("bitfit", "lora"))),
            ],
        ),
        _uniform(space, ("ia3",)),
        *([_rising(space), _smallest(space)] if len(space.bundles) > 1 else []),
        _uniform(space, ("ln_tuning",)),
    ]
    points = [encode(space, configuration) for configuration in candidates]
    kept = {x.key: x for x in (space.decode(point) for point in points if point is not None)}
    return [x for x in kept.values() if space.feasible(x)]


def _uniform(space: Space, bundle: Bundle) -> Configuration:
    return _tile(space, [(space.anatomy.layers, _modules(space, bundle))])


def _rising(space: Space) -> Configuration:
    """As many equal parts as strata, with ranks from the ladder's inside."""
    n, layers = len(space.bundles), space.anatomy.layers
    roles = max(space.role_sets, key=len)
    ladder = space.ranks[1:-1] or space.ranks
    steps = [ladder[round(i * (len(ladder) - 1) / max(n - 1, 1))] for i in range(n)]
    stops = [round((i + 1) * layers / n) for i in range(n)]
    parts = [make_modules(("lora",), rank, roles, space.anatomy) for rank in steps]
    return _tile(space, list(zip(stops, parts, strict=True)))


def _smallest(space: Space) -> Configuration:
    layers, roles = space.anatomy.layers, min(space.role_sets, key=len)
    modules = make_modules(("lora",), min(space.ranks), roles, space.anatomy)
    return _tile(space, [(layers - 1, ()), (layers, modules)])


def _tile(space: Space, parts: list[tuple[int, tuple[Module, ...]]]) -> Configuration:
    """Strata that end at the given layers."""
    strata, start = [], 0
    for stop, modules in parts:
        strata.append(Stratum(start, stop, modules))
        start = stop
    return Configuration(tuple(strata), _nominal_rate(space))


def _modules(space: Space, bundle: Bundle) -> tuple[Module, ...]:
    rank = min(space.ranks, key=lambda rank: abs(rank - _LORA_RANK))
    usual = tuple(role for role in _LORA_ROLES if role in space.anatomy.linears)
    roles = usual if usual in space.role_sets else space.role_sets[0]
    return make_modules(bundle, rank, roles, space.anatomy)


def _nominal_rate(space: Space) -> float:
    return min(space.rates, key=lambda rate: abs(rate / NOMINAL_RATE - 1))
