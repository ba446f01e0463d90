"""Points of a configuration, and what a space can not express."""

import numpy as np
import pytest
from hypothesis import given

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.space.inverse import encode, encodings
from peftsearch.spaces.space.space import Space
from tests.spaces.strategies import SPACES, points

LORA = (Module("lora", 8, ("query", "value")),)


@given(points())
def test_encode_inverts_decode(case: tuple[Space, tuple[int, ...]]) -> None:
    space, point = case
    configuration = space.decode(point)
    found = encode(space, configuration)
    assert found is not None
    assert space.decode(found).key == configuration.key


@given(points())
def test_every_encoding_of_an_expressible_configuration_means_it(
    case: tuple[Space, tuple[int, ...]],
) -> None:
    space, point = case
    configuration = space.decode(point)
    keys = {space.decode(x).key for x in encodings(space, configuration)}
    assert configuration.key in keys
    if space in (SPACES["strata"], SPACES["lora"], SPACES["four"]):
        assert keys == {configuration.key}


def test_a_uniform_configuration_has_an_encoding_for_each_way_to_pad_it() -> None:
    space = SPACES["strata"]
    uniform = Configuration((Stratum(0, 6, LORA),), space.rates[0])
    assert len({space.decode(x).strata for x in encodings(space, uniform)}) == 3


@pytest.mark.parametrize(
    "configuration",
    [
        Configuration((Stratum(0, 6, (Module("lora", 3, ("query",)),)),), 1e-3),
        Configuration((Stratum(0, 6, LORA, (0, 5)),), 1e-3),
        Configuration((Stratum(0, 6, LORA),), 0.5),
        Configuration(tuple(Stratum(i, i + 1, LORA[: i % 2]) for i in range(6)), 1e-3),
    ],
    ids=["rank", "placement", "rate", "strata"],
)
def test_what_the_space_lacks_has_no_point(configuration: Configuration) -> None:
    space = SPACES["strata"]
    assert encode(space, configuration) is None
    assert any(True for _ in encodings(space, configuration))


def test_a_rank_of_zero_is_frozen() -> None:
    space = SPACES["strata"]
    silent = Configuration((Stratum(0, 6, (Module("lora", 0, ("query",)),)),), space.rates[0])
    point = encode(space, silent)
    assert point is not None
    assert not any(space.decode(point).profile)


def test_coordinates_without_effect_are_drawn() -> None:
    space = SPACES["strata"]
    frozen = Configuration((Stratum(0, 6),), space.rates[0])
    drawn = {encode(space, frozen, np.random.default_rng(seed)) for seed in range(5)}
    assert len(drawn) > 1
    assert {space.decode(point).key for point in drawn if point} == {frozen.key}
