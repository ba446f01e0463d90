"""One-step edits."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.neighbours import mutate, neighbours
from peftsearch.spaces.space.space import Space
from tests.spaces.strategies import SPACES, points

LORA = (Module("lora", 8, ("query", "value")),)


@settings(max_examples=25)
@given(points())
def test_neighbours_are_other_members_of_the_space(
    case: tuple[Space, tuple[int, ...]],
) -> None:
    space, point = case
    configuration = space.decode(point)
    found = neighbours(space, configuration)
    keys = [x.key for x in found]
    assert found or configuration.frozen  # beside which the rate alone may differ
    assert len(set(keys)) == len(keys)
    assert configuration.key not in keys
    for neighbour in found:
        space.validate(neighbour)
        assert encode(space, neighbour) is not None


def test_each_kind_of_edit_is_made() -> None:
    space = SPACES["strata"]
    rate = space.rates[3]
    ia3 = (Module("ia3", 0, ("key", "mlp_out", "value")),)
    start = Configuration((Stratum(0, 2), Stratum(2, 4, ia3), Stratum(4, 6, LORA)), rate)
    keys = {x.key for x in neighbours(space, start)}
    frozen, middle, top = start.strata
    wider = Stratum(4, 6, (Module("lora", 16, ("query", "value")),))
    roles = Stratum(4, 6, (Module("lora", 8, ("mlp_in", "mlp_out")),))
    edits = {
        "boundary": (Stratum(0, 1), Stratum(1, 4, ia3), top),
        "bundle": (frozen, Stratum(2, 4, (Module("bitfit"),)), top),
        "rank": (frozen, middle, wider),
        "roles": (frozen, middle, roles),
        "placement": (frozen, middle, Stratum(4, 6, LORA, (5,))),
    }
    for name, strata in edits.items():
        assert Configuration(strata, rate).key in keys, name
    assert Configuration(start.strata, space.rates[4]).key in keys
    assert Configuration(start.strata, space.rates[5]).key not in keys


def test_neighbours_keep_hard_bounds() -> None:
    strata = SPACES["strata"]
    limit = Bound.parse("trainable_parameters <= 20 K")
    fields = {name: getattr(strata, name) for name in strata.__dataclass_fields__}
    space = Space(**(fields | {"bounds": (limit,)}))
    small = Configuration((Stratum(0, 5), Stratum(5, 6, LORA)), strata.rates[0])
    free, bounded = neighbours(strata, small), neighbours(space, small)
    assert {x.key for x in bounded} == {x.key for x in free if space.feasible(x)}
    assert len(bounded) < len(free)


def test_a_foreign_configuration_has_neighbours_in_the_space() -> None:
    space = SPACES["strata"]
    foreign = Configuration((Stratum(0, 6, (Module("lora", 3, ("query",)),)),), 1e-3)
    found = neighbours(space, foreign)
    assert found
    assert all(encode(space, x) is not None for x in found)


@given(points(), st.integers(0, 4), st.integers(0, 2**31 - 1))
def test_mutants_are_in_the_space_and_reproducible(
    case: tuple[Space, tuple[int, ...]], edits: int, seed: int
) -> None:
    space, point = case
    configuration = space.decode(point)
    mutant = mutate(space, configuration, edits, np.random.default_rng(seed))
    again = mutate(space, configuration, edits, np.random.default_rng(seed))
    assert mutant == again
    assert encode(space, mutant) is not None
    if edits == 0 and space is SPACES["strata"]:
        assert mutant.key == configuration.key
