"""Parameters in people's terms: the same names for every trial, and the right numbers."""

import numpy as np
import pytest
from hypothesis import given

from peftsearch.insight.parameters import LABELS, LOG, parameters
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT, T5
from tests.spaces.strategies import make_preset, points

LORA = Module("lora", 8, ("query", "value"))
BITFIT = Module("bitfit")


@given(points())
def test_every_point_of_every_preset_has_the_names_of_its_job(
    found: tuple[Space, tuple[int, ...]],
) -> None:
    space, point = found
    probe = Configuration((Stratum(0, space.anatomy.layers),), 1e-3)
    expected = parameters(probe, space.anatomy)
    row = parameters(space.decode(point), space.anatomy)
    assert list(row) == list(expected)
    assert set(row) <= set(LABELS)
    assert all(type(row[name]) is type(expected[name]) for name in row)
    assert all(float(row[name]) > 0 for name in LOG)


def test_names_stand_in_the_order_of_their_labels() -> None:
    names = list(parameters(Configuration((Stratum(0, 6),), 1e-3), T5))
    assert names == list(LABELS)


def test_what_a_linear_probe_lacks_has_a_value() -> None:
    assert parameters(Configuration((Stratum(0, 6),), 1e-3), BERT) == {
        "learning_rate": 1e-3,
        "techniques": "none",
        "bottom_techniques": "none",
        "top_techniques": "none",
        "adapted_layers": 0,
        "lowest_layer": 6,
        "highest_layer": -1,
        "first_boundary": 6,
        "last_boundary": 0,
        "strata": 1,
        "largest_capacity": 1,
        "modules": "none",
        "rate_ratio": 1.0,
        "input": "none",
        "epochs": 1.0,
        "batch_size": 1,
        "dropout": 0.0,
    }


def test_strata_show_as_boundaries_and_techniques_by_third() -> None:
    upper = (BITFIT, Module("lora", 32, ("query", "mlp_in"), 0.3))
    configuration = Configuration(
        (Stratum(0, 1), Stratum(1, 4, (Module("bitfit", rate=3.0),)), Stratum(4, 6, upper)),
        10**-2.75,
        Module("prompt", 4),
    )
    assert parameters(configuration, BERT) == {
        "learning_rate": 0.00177828,
        "techniques": "bitfit+lora",
        "bottom_techniques": "bitfit",
        "top_techniques": "bitfit+lora",
        "adapted_layers": 5,
        "lowest_layer": 1,
        "highest_layer": 5,
        "first_boundary": 1,
        "last_boundary": 4,
        "strata": 3,
        "largest_capacity": 32,
        "modules": "q+in",
        "rate_ratio": 0.333333,
        "input": "prompt 4",
        "epochs": 1.0,
        "batch_size": 1,
        "dropout": 0.0,
    }


def test_layers_of_encoder_and_decoder_are_counted_apart() -> None:
    configuration = Configuration((Stratum(0, 6, (LORA,), (1, 2, 3)),), 1e-3)
    row = parameters(configuration, T5)
    assert (row["adapted_encoder_layers"], row["adapted_decoder_layers"]) == (2, 1)


@pytest.mark.parametrize(
    ("preset", "name", "values"),
    [
        ("spafit", "top_techniques", {"bitfit", "bitfit+lora"}),
        ("autopeft", "adapted_layers", set(range(1, 7))),
        ("lora", "largest_capacity", {1, 2, 4, 8, 16, 32}),
        ("rank_profile", "last_boundary", {3, 4}),
    ],
)
def test_a_preset_varies_what_it_searches(preset: str, name: str, values: set[object]) -> None:
    """What adapts nothing is the probe, which is not searched."""
    space, rng = make_preset(preset, BERT), np.random.default_rng(0)
    assert {parameters(space.sample(rng), BERT)[name] for _ in range(400)} == values
