"""What a configuration owes to its parts and to their places, by configurations that lack them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.families.anatomy import Anatomy

from .inverse import join_strata
from .sweep import Variant

_DRAWS = 200
"""Orders of the layers that are tried for one other place."""


def drop_each(configuration: Configuration) -> list[Variant]:
    """The configuration without each of its strata in turn, without each technique where it has
    several, and without its virtual tokens; of those that mean the same the first."""
    found: dict[str, Variant] = {configuration.key: Variant("", configuration)}
    for variant in _drop(configuration):
        found.setdefault(variant.configuration.key, variant)
    return [*found.values()][1:]


def _drop(configuration: Configuration) -> Iterator[Variant]:
    strata = join_strata(configuration)
    for i, stratum in enumerate(strata):
        if stratum.acting:
            left = [
                replace(x, modules=(), layers=None) if i == j else x for j, x in enumerate(strata)
            ]
            name = f"without {_tell_layers(stratum)}"
            yield Variant(name, replace(configuration, strata=tuple(left)))
    named = sorted({x.technique for stratum in strata for x in stratum.acting})
    for name in named if len(named) > 1 else ():
        kept = tuple(_without(x, name) for x in strata)
        yield Variant(f"without {name}", replace(configuration, strata=kept))
    if configuration.input is not None:
        yield Variant("without virtual tokens", replace(configuration, input=None))


def _without(stratum: Stratum, name: str) -> Stratum:
    kept = tuple(x for x in stratum.modules if x.technique != name)
    return replace(stratum, modules=kept) if kept else replace(stratum, modules=(), layers=None)


def _tell_layers(stratum: Stratum) -> str:
    layers = stratum.carriers
    if len(layers) == 1:
        return f"layer {layers[0]}"
    run = len(layers) == layers[-1] - layers[0] + 1
    return f"layers {f'{layers[0]}-{layers[-1]}' if run else ','.join(map(str, layers))}"


def move_modules(
    configuration: Configuration, anatomy: Anatomy, draws: int, seed: int
) -> list[Variant]:
    """What the layers carry, put into layers that are drawn at random: `draws` other places with
    as many bytes of adapters as can be, fewer where there are no more."""
    rng = np.random.default_rng((seed, int(configuration.key, 16)))
    found: dict[str, Configuration] = {configuration.key: configuration}
    for _ in range(draws):
        drawn = [
            _permute(configuration, rng.permutation(anatomy.layers).tolist())
            for _ in range(_DRAWS)
        ]
        new = [x for x in drawn if x.key not in found and _fits(x, anatomy)]
        if not new:
            break
        wanted = adapter_bytes(configuration, anatomy)
        best = min(new, key=lambda x: abs(adapter_bytes(x, anatomy) - wanted))
        found[best.key] = best
    return [Variant(f"place {i}", x) for i, x in enumerate([*found.values()][1:], 1)]


def _permute(configuration: Configuration, order: Sequence[int]) -> Configuration:
    profile = configuration.profile
    moved = [profile[layer] for layer in order]
    return replace(configuration, strata=tuple(_join(moved)))


def _join(profile: Sequence[tuple[Module, ...]]) -> Iterator[Stratum]:
    start = 0
    for modules, run in groupby(profile):
        stop = start + len(list(run))
        yield Stratum(start, stop, modules)
        start = stop


def _fits(configuration: Configuration, anatomy: Anatomy) -> bool:
    try:
        check_configuration(configuration, anatomy)
    except UserError:
        return False
    return True
