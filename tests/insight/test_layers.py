"""The strata map tells the whole configuration, and its counts add up."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from peftsearch.insight.layers import layer_map
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import stack_parameters, trainable_parameters
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.techniques.applicability import find_obstacle
from peftsearch.spaces.techniques.coverage import usual_anatomy
from peftsearch.spaces.techniques.table import TECHNIQUES
from tests.anatomies import BERT, GPT2, LLAMA, MODERNBERT, T5
from tests.spaces.examples import configurations
from tests.spaces.strategies import make_preset

SPACES = {
    "strata": make_preset("strata", BERT),
    "autopeft": make_preset("autopeft", BERT),
    "rank_profile": make_preset("rank_profile", LLAMA),
    "methods": make_preset("methods", BERT, inputs=["none", "prompt", "p_tuning"]),
    "fused": make_preset("strata", GPT2),
    "gated": make_preset("strata", MODERNBERT, mask=True),
    "two stacks": make_preset("strata", T5),
}


def modules(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """All modules of a map."""
    return [module for layer in drawn["layers"] for module in layer["modules"]]


def total(drawn: dict[str, Any]) -> int:
    """Parameters of all cells, and of the input."""
    cells: int = sum(count for module in modules(drawn) for count in module["columns"].values())
    assert cells == sum(module["parameters"] for module in modules(drawn))
    return cells + int(drawn["input"]["parameters"] if drawn["input"] else 0)


@pytest.mark.parametrize("name", SPACES)
def test_cells_sum_up_to_the_trained_parameters(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(0)
    for _ in range(100):
        drawn = space.sample(rng)
        found = layer_map(drawn, space.anatomy)
        assert total(found) == trainable_parameters(drawn, space.anatomy)
        assert len(found["layers"]) == space.anatomy.layers
        assert {x for module in modules(found) for x in module["columns"]} <= {*found["columns"]}


@given(configurations())
def test_layers_carry_what_the_canonical_form_says(drawn: Configuration) -> None:
    layers = layer_map(drawn, BERT)["layers"]
    carried = [[(x["technique"], x["capacity"]) for x in layer["modules"]] for layer in layers]
    assert carried == [[(x.technique, x.capacity) for x in layer] for layer in drawn.profile]
    for (stack, index), layer, kept in zip(BERT.each(), layers, drawn.profile, strict=True):
        counted = sum(module["parameters"] for module in layer["modules"])
        assert counted == stack_parameters(kept, stack, index)


@pytest.mark.parametrize("name", [x for x, row in TECHNIQUES.items() if row.adapts])
def test_every_technique_is_drawn_where_it_fits(name: str) -> None:
    row = TECHNIQUES[name]
    for family in FAMILIES:
        anatomy = usual_anatomy(family)
        roles = tuple(x for x in row.roles or anatomy.linears if x in anatomy.linears)
        for capacity in row.capacities or (0,):
            if find_obstacle(row, anatomy, roles, capacity) is None:
                _check_whole_model(Module(name, capacity, roles), anatomy)


def _check_whole_model(module: Module, anatomy: Anatomy) -> None:
    drawn = Configuration((Stratum(0, anatomy.layers, (module,)),), 1e-3)
    found = layer_map(drawn, anatomy)
    assert total(found) == trainable_parameters(drawn, anatomy)
    assert all(0 < x["fill"] <= 1 and x["columns"] for x in modules(found))


def test_a_hand_made_map() -> None:
    lora, bitfit = Module("lora", 8, ("query", "value")), Module("bitfit")
    strata = (
        Stratum(0, 2),
        Stratum(2, 2, (lora,)),
        Stratum(2, 4, (bitfit,)),
        Stratum(4, 6, (bitfit, lora), (5,)),
    )
    found = layer_map(Configuration(strata, 1e-3), BERT)
    assert found["boundaries"] == [2, 4]
    assert [layer["stratum"] for layer in found["layers"]] == [0, 0, 2, 2, 3, 3]
    assert [len(layer["modules"]) for layer in found["layers"]] == [0, 0, 1, 1, 0, 2]
    assert found["columns"] == [*BERT.linears, "biases"]
    biases, adapter = found["layers"][5]["modules"]
    assert biases["columns"] == {"biases": 5 * 384 + 1536 + 2 * 384}
    assert adapter["columns"] == {"query": 8 * 768, "value": 8 * 768}
    assert (adapter["group"], adapter["label"], adapter["fill"]) == ("lowrank", "r8", 0.628)
    assert (found["largest"], found["capacity_names"]["lora"]) == (
        {"bitfit": 0, "lora": 32},
        "rank",
    )
    assert found["input"] is None


def test_strata_with_no_boundary_to_be_seen_are_shown_as_one() -> None:
    lora, bitfit = Module("lora", 8, ("query",)), Module("bitfit")

    def shown(*strata: Stratum) -> tuple[list[int], list[int]]:
        found = layer_map(Configuration(strata, 1e-3), BERT)
        return found["boundaries"], [x["stratum"] for x in found["layers"]]

    placed = Stratum(1, 6, (lora,), (1, 2, 3))
    assert shown(Stratum(0, 1, (lora,)), placed) == ([], [0] * 6)
    empty = Stratum(1, 1, (bitfit,))
    assert shown(Stratum(0, 1, (lora,)), empty, placed) == ([], [0] * 6)
    # Layers 2 and 3 are frozen alike, but what is around them is not.
    above = Stratum(3, 6, (bitfit,), (4, 5))
    assert shown(Stratum(0, 3, (lora,), (0, 1)), above) == ([], [0, 0, 0, 1, 1, 1])


def test_tensors_of_two_techniques_count_once() -> None:
    both = (Module("bitfit"), Module("ln_tuning"))
    found = layer_map(Configuration((Stratum(0, 6, both),), 1e-3), BERT)
    biases, norms = found["layers"][0]["modules"]
    assert biases["columns"] == {"biases": 5 * 384 + 1536 + 2 * 384}
    assert norms["columns"] == {"norms": 2 * 384}


def test_full_training_fills_the_whole_row() -> None:
    found = layer_map(Configuration((Stratum(0, 6, (Module("full"),)),), 1e-4), BERT)
    assert set(modules(found)[0]["columns"]) == {*BERT.linears, "biases", "norms"}


def test_what_layers_share_counts_in_the_lowest() -> None:
    shared = Module("tinylora", 16, ("query",))
    strata = (Stratum(0, 3), Stratum(3, 6, (shared,)))
    found = layer_map(Configuration(strata, 1e-3), BERT)
    assert [module["parameters"] for module in modules(found)] == [16, 0, 0]
    assert {x["shared"]["layer"] for x in modules(found)} == {3}


def test_encoder_and_decoder_are_told_apart() -> None:
    lora = Module("lora", 2, ("query", "cross_query"))
    found = layer_map(Configuration((Stratum(0, 6, (lora,)),), 1e-3), T5)
    assert [layer["stack"] for layer in found["layers"]] == [0, 0, 0, 1, 1, 1]
    assert [stack["name"] for stack in found["stacks"]] == ["encoder", "decoder"]
    assert "cross_query" not in found["stacks"][0]["roles"]
    assert [len(x["columns"]) for x in modules(found)] == [1, 1, 1, 2, 2, 2]


def test_virtual_tokens_stand_apart() -> None:
    tokens = Configuration((Stratum(0, 6),), 1e-3, Module("prompt", 8))
    found = layer_map(tokens, BERT)
    assert found["input"]["parameters"] == 8 * 384
    assert (found["input"]["group"], found["input"]["label"]) == ("prompt", "8")
