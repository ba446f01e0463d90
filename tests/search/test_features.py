"""Features are a function of what a configuration means."""

import math

import numpy as np
import pytest
from hypothesis import given

from peftsearch.search.features import FEATURES, feature_matrix, features
from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration, Module, Stratum
from peftsearch.spaces.encoding import encodings
from peftsearch.spaces.space import Space
from peftsearch.spaces.techniques import NOMINAL_RATE, technique
from tests.anatomies import BERT, LLAMA
from tests.spaces.strategies import SPACES, points

LORA = (Module("lora", 8, ("query", "value")),)
IA3 = (Module("ia3", 0, ("key", "mlp_out", "value")),)


def named(configuration: Configuration, anatomy: Anatomy = BERT) -> dict[str, float]:
    return dict(zip(FEATURES, features(configuration, anatomy).tolist(), strict=True))


@given(points())
def test_equal_keys_have_equal_features(case: tuple[Space, tuple[int, ...]]) -> None:
    space, point = case
    configuration = space.decode(point)
    expected = features(configuration, space.anatomy)
    rng = np.random.default_rng(0)
    for encoding in encodings(space, configuration, rng):
        other = space.decode(encoding)
        if other.key == configuration.key:
            np.testing.assert_array_equal(features(other, space.anatomy), expected)


@given(points())
def test_features_are_finite_and_of_fixed_length(case: tuple[Space, tuple[int, ...]]) -> None:
    space, point = case
    row = features(space.decode(point), space.anatomy)
    assert row.shape == (len(FEATURES),)
    assert row.dtype == np.float64
    assert (row >= -0.5).all()
    assert (row <= 2.0).all()


@given(points(), points())
def test_a_row_does_not_depend_on_its_company(
    case: tuple[Space, tuple[int, ...]], other: tuple[Space, tuple[int, ...]]
) -> None:
    space, point = case
    one = space.decode(point)
    company = other[0].decode(other[1])
    if company.depth == one.depth:
        matrix = feature_matrix([company, one], space.anatomy)
        np.testing.assert_array_equal(matrix[1], features(one, space.anatomy))


def test_different_keys_have_different_features_in_the_default_space() -> None:
    space, rng = SPACES["strata"], np.random.default_rng(0)
    distinct = {x.key: x for x in (space.sample(rng) for _ in range(300))}
    matrix = feature_matrix(list(distinct.values()), BERT)
    assert len(np.unique(matrix, axis=0)) > 0.97 * len(distinct)


def test_summaries_say_what_their_names_say() -> None:
    found = named(Configuration((Stratum(0, 2), Stratum(2, 3, IA3), Stratum(3, 6, LORA)), 1e-3))
    assert found["lowest_adapted"] == pytest.approx(2 / 6)
    assert found["highest_adapted"] == 1.0
    assert found["adapted"] == pytest.approx(4 / 6)
    assert found["density"] == 1.0
    assert found["share_lora"] == pytest.approx(3 / 6)
    assert found["share_ia3"] == pytest.approx(1 / 6)
    assert found["role_value"] == pytest.approx(4 / 6)
    assert found["cost_bottom"] == 0.0
    assert found["cost_top"] > found["cost_middle"] > 0.0
    # A decade is half of the scale, and IA3 has one adapted layer of four.
    offset = math.log10(technique("ia3").rate / NOMINAL_RATE) / 2
    assert found["rate_over_nominal_max"] - found["rate"] == pytest.approx(offset)
    assert found["rate_over_nominal_mean"] - found["rate"] == pytest.approx(offset / 4)


def test_the_probe_has_no_adapters_and_its_own_rate() -> None:
    found = named(Configuration((Stratum(0, 6),), 1e-3))
    assert found["cost"] == found["adapted"] == found["highest_adapted"] == 0.0
    assert found["lowest_adapted"] == 1.0
    assert found["rate"] == found["rate_over_nominal_mean"] == found["rate_over_nominal_max"]


def test_depth_and_width_scale_out() -> None:
    shallow = named(Configuration((Stratum(0, 2), Stratum(2, 4, LORA)), 1e-3), LLAMA)
    deep = named(Configuration((Stratum(0, 3), Stratum(3, 6, LORA)), 1e-3), BERT)
    for name in ("lowest_adapted", "adapted", "share_lora", "rank_mean", "centroid"):
        assert shallow[name] == pytest.approx(deep[name]), name


def test_no_configurations_make_an_empty_matrix() -> None:
    assert feature_matrix([], BERT).shape == (0, len(FEATURES))
