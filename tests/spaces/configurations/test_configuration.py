"""Canonical form and key, and JSON both ways."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from tests.spaces.examples import BITFIT, IA3, LORA, configurations


def make(*strata: Stratum, rate: float = 1e-3) -> Configuration:
    return Configuration(strata, rate)


PLAIN = make(Stratum(0, 2), Stratum(2, 6, (LORA, BITFIT)))


@pytest.mark.parametrize(
    "same",
    [
        make(Stratum(0, 2), Stratum(2, 6, (BITFIT, LORA))),
        make(Stratum(0, 2), Stratum(2, 6, (BITFIT, LORA, LORA))),
        make(Stratum(0, 2), Stratum(2, 2, (IA3,)), Stratum(2, 6, (LORA, BITFIT))),
        make(Stratum(0, 2), Stratum(2, 4, (LORA, BITFIT)), Stratum(4, 6, (LORA, BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (LORA, BITFIT), (2, 3, 4, 5))),
        make(Stratum(0, 6, (LORA, BITFIT), (5, 4, 3, 2))),
        make(Stratum(0, 2, (IA3,), ()), Stratum(2, 6, (LORA, BITFIT))),
        make(Stratum(0, 2, (Module("frozen"),)), Stratum(2, 6, (LORA, BITFIT))),
        make(Stratum(0, 2, (Module("lora", 0, ("key",)),)), Stratum(2, 6, (LORA, BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (Module("lora", 4, ("value", "query")), BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (LORA, BITFIT)), rate=1e-3 * (1 + 1e-9)),
    ],
    ids=[
        "module order",
        "module twice",
        "empty stratum",
        "equal neighbours",
        "placement of all layers",
        "placement instead of boundary",
        "placement of no layer",
        "frozen",
        "capacity 0",
        "role order",
        "rate within rounding",
    ],
)
def test_encodings_of_one_model_have_one_key(same: Configuration) -> None:
    assert same.profile == PLAIN.profile
    assert same.key == PLAIN.key


@pytest.mark.parametrize(
    "other",
    [
        make(Stratum(0, 2), Stratum(2, 6, (replace(LORA, capacity=8), BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (replace(LORA, technique="dora"), BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (replace(LORA, roles=("query",)), BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (LORA,))),
        make(Stratum(0, 3), Stratum(3, 6, (LORA, BITFIT))),
        make(Stratum(0, 2), Stratum(2, 6, (LORA, BITFIT), (2, 3, 5))),
        make(Stratum(0, 2), Stratum(2, 7, (LORA, BITFIT), (2, 3, 4, 5))),
        make(Stratum(0, 2), Stratum(2, 6, (LORA, BITFIT)), rate=1.1e-3),
        make(Stratum(0, 2), Stratum(2, 6, (replace(LORA, rate=3.0), BITFIT))),
        replace(PLAIN, input=Module("prompt", 4)),
    ],
    ids=[
        "rank",
        "technique",
        "roles",
        "module",
        "boundary",
        "placement",
        "depth",
        "rate",
        "factor",
        "input",
    ],
)
def test_other_models_have_other_keys(other: Configuration) -> None:
    assert other.key != PLAIN.key


def test_key_is_stable_across_versions() -> None:
    """Databases keep keys: this literal may change with a migration of them alone."""
    assert PLAIN.key == "78f989e3278549f8"


@given(configurations())
def test_profile_has_a_row_for_each_layer_and_key_follows_it(a: Configuration) -> None:
    assert len(a.profile) == a.depth == 6
    rebuilt = Configuration(
        tuple(Stratum(i, i + 1, modules) for i, modules in enumerate(a.profile)), a.learning_rate
    )
    assert rebuilt.profile == a.profile
    assert rebuilt.key == a.key


@given(configurations(), configurations())
def test_equal_keys_mean_equal_profiles_and_rates(a: Configuration, b: Configuration) -> None:
    same = a.profile == b.profile and a.learning_rate == b.learning_rate
    assert (a.key == b.key) is same


@given(configurations())
def test_json_round_trip(configuration: Configuration) -> None:
    text = json.dumps(configuration.to_json())
    assert Configuration.from_json(json.loads(text)) == configuration


def test_short_form_that_people_write() -> None:
    written = {
        "learning_rate": 0.001,
        "strata": [
            {"start": 0, "stop": 2},
            {
                "start": 2,
                "stop": 6,
                "modules": [
                    {"technique": "lora", "capacity": 4, "roles": ["value", "query"]},
                    {"technique": "bitfit"},
                ],
            },
        ],
    }
    assert Configuration.from_json(written) == PLAIN


def damage(change: dict[str, Any], where: str = "") -> dict[str, Any]:
    data = PLAIN.to_json()
    target = {"": data, "stratum": data["strata"][1], "module": data["strata"][1]["modules"][0]}
    target[where].update(change)
    return data


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"learning_rate": 1e-3},
        damage({"strata": 5}),
        damage({"strata": ["x"]}),
        damage({"strata": [["start", "stop"]]}),
        damage({"learning_rate": "fast"}),
        damage({"rate": 1}),
        damage({"stop": "end"}, "stratum"),
        damage({"stop": 5.5}, "stratum"),
        damage({"input": ["prompt"]}),
        damage({"modules": "lora"}, "stratum"),
        damage({"layers": [2.5]}, "stratum"),
        damage({"layer": [2]}, "stratum"),
        damage({"rank": 4}, "module"),
        damage({"capacity": "8"}, "module"),
        damage({"roles": "query"}, "module"),
    ],
)
def test_malformed_json_is_the_users_mistake(data: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="expected a configuration with learning_rate and strata"):
        Configuration.from_json(data)


def test_unknown_technique_is_named() -> None:
    with pytest.raises(
        UserError, match="expected the name of a technique; got 'lorra'; did you mean 'lora'"
    ):
        Configuration.from_json(damage({"technique": "lorra"}, "module"))


def test_unknown_key_is_named() -> None:
    with pytest.raises(UserError, match="unknown key 'rank'"):
        Configuration.from_json(damage({"rank": 4}, "module"))


def test_boundaries_may_be_fractions_of_the_depth() -> None:
    written = {
        "learning_rate": 1e-3,
        "strata": [
            {"start": 0.0, "stop": 0.375, "modules": [{"technique": "bitfit"}]},
            {"start": 0.375, "stop": 1.0},
        ],
    }
    stops = [[x.stop for x in Configuration.from_json(written, depth).strata] for depth in (6, 24)]
    assert stops == [[2, 6], [9, 24]]
    with pytest.raises(UserError, match="a fraction of the depth, not 5.5"):
        Configuration.from_json(damage({"stop": 5.5}, "stratum"), 6)


def test_a_configuration_moves_to_a_model_of_another_depth() -> None:
    small = make(Stratum(0, 2, (BITFIT,)), Stratum(2, 6, (LORA,), (3, 5)))
    large = small.rescale(24)
    assert [(x.start, x.stop) for x in large.strata] == [(0, 8), (8, 24)]
    assert large.strata[1].layers == (12, 13, 14, 15, 20, 21, 22, 23)
    assert large.rescale(6).key == small.key


@given(configurations())
def test_rescaling_to_the_same_depth_changes_nothing(configuration: Configuration) -> None:
    assert configuration.rescale(6).key == configuration.key


def test_only_the_probe_is_frozen() -> None:
    probe = make(Stratum(0, 6, (Module("lora", 0, ("query",)),)))
    assert probe.frozen and not PLAIN.frozen
    assert not replace(probe, input=Module("prompt", 4)).frozen


def test_factor_and_input_survive_json() -> None:
    full = replace(PLAIN, input=Module("prompt", 4))
    full = replace(full, strata=(Stratum(0, 6, (replace(LORA, rate=3.0),)),))
    assert Configuration.from_json(json.loads(json.dumps(full.to_json()))) == full
