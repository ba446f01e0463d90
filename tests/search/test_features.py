"""Features are a function of what a configuration means."""

import math

import numpy as np
import pytest
from hypothesis import given

from peftsearch.search.features import feature_matrix, feature_names, features, relevant
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.inverse import encodings
from peftsearch.spaces.space.space import Space
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique
from tests.anatomies import BERT, LLAMA
from tests.spaces.strategies import SPACES, points

LORA = (Module("lora", 8, ("query", "value")),)
IA3 = (Module("ia3", 0, ("key", "mlp_out", "value")),)


def named(configuration: Configuration, anatomy: Anatomy = BERT) -> dict[str, float]:
    return dict(zip(feature_names(), features(configuration, anatomy).tolist(), strict=True))


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
    assert row.shape == (len(feature_names()),)
    assert row.dtype == np.float64
    squared = feature_names().index("rate_squared")
    mean = row[feature_names().index("rate_over_nominal_mean")]
    assert row[squared] == pytest.approx((2 * mean - 1) ** 2)
    others = np.delete(row, squared)
    assert (others >= -0.5).all()
    assert (others <= 2.0).all()


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


@pytest.mark.parametrize(("rate", "squared"), [(1e-3, 0.0), (1e-4, 1.0), (1e-2, 1.0)])
def test_too_low_and_too_high_a_rate_have_one_feature(rate: float, squared: float) -> None:
    """Relative to what the techniques are usually trained at: IA3's is another."""
    assert named(Configuration((Stratum(0, 6, LORA),), rate))["rate_squared"] == pytest.approx(
        squared
    )
    own = technique("ia3").rate
    uniform = Configuration((Stratum(0, 6, IA3),), rate * NOMINAL_RATE / own)
    assert named(uniform)["rate_squared"] == pytest.approx(squared)


@pytest.mark.parametrize(
    "strata, density",
    [
        ((Stratum(0, 5), Stratum(5, 6, LORA)), 1.0),
        ((Stratum(0, 1, LORA), Stratum(1, 3), Stratum(3, 4, LORA), Stratum(4, 6)), 2 / 4),
        ((Stratum(0, 6),), 0.0),
    ],
)
def test_density_is_the_share_of_adapted_layers_between_the_ends(
    strata: tuple[Stratum, ...], density: float
) -> None:
    assert named(Configuration(strata, 1e-3))["density"] == pytest.approx(density)


def test_depth_and_width_scale_out() -> None:
    shallow = named(Configuration((Stratum(0, 2), Stratum(2, 4, LORA)), 1e-3), LLAMA)
    deep = named(Configuration((Stratum(0, 3), Stratum(3, 6, LORA)), 1e-3), BERT)
    for name in ("lowest_adapted", "adapted", "share_lora", "size_mean", "centroid"):
        assert shallow[name] == pytest.approx(deep[name]), name


def test_no_configurations_make_an_empty_matrix() -> None:
    assert feature_matrix([], BERT).shape == (0, len(feature_names()))


def test_relevant_columns_are_those_that_can_differ() -> None:
    default = {feature_names()[i] for i in relevant(SPACES["strata"])}
    assert "share_lora" in default and "share_prefix" not in default
    assert "role_mlp_gate" not in default and not any(x.startswith("size_l") for x in default)
    autopeft = {feature_names()[i] for i in relevant(SPACES["autopeft"])}
    assert {"size_serial", "size_parallel", "size_prefix"} <= autopeft
    assert "input_prompt" in {feature_names()[i] for i in relevant(SPACES["inputs"])}


@given(points())
def test_columns_left_out_are_constant(case: tuple[Space, tuple[int, ...]]) -> None:
    """But for sizes, which the summaries say where a stratum has one."""
    space, point = case
    rng = np.random.default_rng(0)
    rows = feature_matrix([space.decode(point), space.sample(rng)], space.anatomy)
    kept = set(relevant(space))
    left = [
        i for i, x in enumerate(feature_names()) if i not in kept and not x.startswith("size_")
    ]
    np.testing.assert_array_equal(rows[0, left], rows[1, left])


def test_neighbouring_depth_profiles_are_close() -> None:
    """One layer more is nearer than any profile that is four layers away."""
    layers = [(5,), (4, 5), (0, 1, 4, 5), (0, 1, 2, 3, 4, 5)]
    found = [Configuration((Stratum(0, 6, LORA, kept),), 1e-3) for kept in layers]
    matrix = feature_matrix(found, BERT)
    near = np.linalg.norm(matrix[0] - matrix[1])
    assert all(near < np.linalg.norm(matrix[0] - row) for row in matrix[2:])


def test_a_factor_moves_the_rate_of_its_layers() -> None:
    slow = (Module("lora", 8, ("query", "value"), 0.1),)
    plain, slowed = (named(Configuration((Stratum(0, 6, x),), 1e-3)) for x in (LORA, slow))
    difference = plain["rate_over_nominal_mean"] - slowed["rate_over_nominal_mean"]
    assert difference == pytest.approx(0.5)  # one decade of two
