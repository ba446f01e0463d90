"""Over what the parameters of a job can range, from its space alone.

The same before the first trial and after the last, so that what is drawn or copied early stays
comparable.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from peftsearch.results.wording import short_roles
from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.placement import Bundle
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from peftsearch.spaces.techniques.table import technique

from .parameters import LOG, parameters

MOST_CHOICES = 250
"""A category of more is left out: nobody could read it."""

Names = frozenset[str]


@dataclass(frozen=True)
class Number:
    """All numbers from `low` to `high`, or all whole ones."""

    low: float
    high: float
    log: bool = False
    whole: bool = True


@dataclass(frozen=True)
class Category:
    """One of the choices, which are sorted."""

    choices: tuple[str, ...]


Domain = Number | Category


def domains(spec: JobSpec) -> dict[str, Domain]:
    """Name to domain of each parameter that can vary in a job, in the order of `parameters`.

    What the space can propose, the linear probe and the user's own configurations lie inside.
    """
    space = make_space(spec)
    found = _numbers(space) | _categories(space)
    training = Hyperparameters().fill(space.training)
    strata = (Stratum(0, space.anatomy.layers),)
    probe = Configuration(strata, space.rates[0], training=training)
    own = [parameters(x, space.anatomy) for x in (probe, *spec.try_configurations)]
    ordered = {
        name: _widen(found[name], [row[name] for row in own]) for name in own[0] if name in found
    }
    return {name: domain for name, domain in ordered.items() if _varies(domain)}


def _numbers(space: Space) -> dict[str, Domain]:
    layers, stacks = space.anatomy.layers, [x.layers for x in space.anatomy.stacks]
    sizes = [x for ladder in space.ladders.values() for x in ladder]
    sizes += [module.capacity for module in space.inputs if module is not None]
    ratio = max(space.factors) / min(space.factors)
    rates = [float(f"{rate:.6g}") for rate in space.rates]
    found = {
        "learning_rate": Number(rates[0], rates[-1], whole=False),
        "adapted_layers": Number(0, layers),
        "lowest_layer": Number(0, layers),
        "highest_layer": Number(-1, layers - 1),
        "adapted_encoder_layers": Number(0, stacks[0]),
        "adapted_decoder_layers": Number(0, stacks[-1]),
        "first_boundary": Number(0, layers),
        "last_boundary": Number(0, layers),
        "strata": Number(1, layers),
        "largest_capacity": Number(1, max([1, *sizes])),
        "rate_ratio": Number(float(f"{1 / ratio:.6g}"), float(f"{ratio:.6g}"), whole=False),
    }
    for name, values in space.training.items():
        low = 0.0 if name == "dropout" else values[0]  # which a technique without has
        found[name] = Number(low, values[-1], whole=False)
    return {name: Number(x.low, x.high, name in LOG, x.whole) for name, x in found.items()}


def _categories(space: Space) -> dict[str, Domain]:
    carried = [
        {x for bundle in bundles for x in _kept(bundle, space)} for bundles in space.bundles
    ]
    roles = [{x for names in found for x in _roles(names, space)} for found in carried]
    texts = {"+".join(sorted(names)) or "none" for names in _unions(carried)}
    matrices = {short_roles(names, space.anatomy) or "none" for names in _unions(roles)}
    inputs = {"none" if x is None else f"{x.technique} {x.capacity}" for x in space.inputs}
    named = ("techniques", "bottom_techniques", "top_techniques")
    found = {**dict.fromkeys(named, texts), "modules": matrices, "input": inputs}
    few = {name: choices for name, choices in found.items() if len(choices) <= MOST_CHOICES}
    return {name: Category(tuple(sorted(choices))) for name, choices in few.items()}


def _kept(bundle: Bundle, space: Space) -> Iterator[Names]:
    """The techniques of a bundle that do something, with and without those of size 0."""
    names = [name for name in bundle if technique(name).adapts]
    absent = [name for name in names if 0 in space.ladders.get(name, ())]
    for count in range(len(absent) + 1):
        for left_out in combinations(absent, count):
            yield frozenset(names) - frozenset(left_out)


def _roles(names: Names, space: Space) -> Iterator[Names]:
    """The matrices that techniques wrap, by role set."""
    rows = [technique(name) for name in names if technique(name).injects]
    for chosen in space.role_sets:
        wanted = {role for row in rows for role in row.roles or chosen}
        yield frozenset(wanted & space.anatomy.linears.keys())


def _unions(strata: Sequence[Iterable[Names]]) -> set[Names]:
    """All unions of at most one set of each stratum; too many are cut short."""
    found: set[Names] = {frozenset()}
    for options in strata:
        found |= {old | new for old in found for new in options}
        if len(found) > MOST_CHOICES:
            break
    return found


def _widen(domain: Domain, values: Sequence[float | str]) -> Domain:
    if isinstance(domain, Category):
        return Category(tuple(sorted({*domain.choices, *map(str, values)})))
    numbers = [float(x) for x in values]
    low, high = min(domain.low, *numbers), max(domain.high, *numbers)
    return Number(low, high, domain.log, domain.whole)


def _varies(domain: Domain) -> bool:
    return len(domain.choices) > 1 if isinstance(domain, Category) else domain.low < domain.high
