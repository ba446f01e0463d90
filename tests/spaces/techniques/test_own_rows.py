from itertools import pairwise

import pytest

from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.families.anatomy import Linear, Stack
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.layer_formulas import prefix_sizes
from peftsearch.spaces.techniques.layer_restrictions import PHM_ORDER
from peftsearch.spaces.techniques.own_rows import OWN_ROWS
from peftsearch.spaces.techniques.technique import Technique

ROWS = {row.name: row for row in OWN_ROWS}
BASE = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12}
BERT = read_anatomy({"model_type": "bert", **BASE})
PHI3 = read_anatomy(
    {
        "model_type": "phi3",
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
)


@pytest.mark.parametrize(
    ("technique", "capacity", "expected"),
    [
        ("serial", 48, 2 * 768 * 48 + 48 + 768),
        ("parallel", 48, 2 * 768 * 48 + 48 + 768),
        ("houlsby", 64, 2 * (2 * 768 * 64 + 64 + 768)),
        ("prefix", 10, 2 * 10 * 768),
        ("compacter", 24, 6 * (768 + 24)),  # without the factor that all layers share
    ],
)
def test_layer_of_bert_base_costs_what_the_papers_say(
    technique: str, capacity: int, expected: int
) -> None:
    assert layer_parameters((Module(technique, capacity),), BERT) == expected


@pytest.mark.parametrize(
    ("technique", "expected"),
    [
        ("prompt", 20 * 768),
        ("p_tuning", 20 * 768 + 768 * 128 + 128 + 128 * 128 + 128 + 128 * 768 + 768),
    ],
)
def test_virtual_tokens_cost_what_the_papers_say(technique: str, expected: int) -> None:
    count = ROWS[technique].input
    assert count is not None
    assert count(768, 20) == expected


def test_prefix_of_a_fused_matrix_is_as_wide_as_its_key_heads() -> None:
    (stack,) = PHI3.stacks
    assert stack.linears["query_key_value"].outputs == 4 * 16 + 2 * 2 * 16
    assert prefix_sizes(stack) == (32, 32)


@pytest.mark.parametrize("row", OWN_ROWS, ids=lambda row: str(row.name))
def test_ladders_rise_and_nothing_merges(row: Technique) -> None:
    assert row.capacities
    assert all(low < high for low, high in pairwise(row.capacities))
    assert not row.merges


def _stack(*roles: str, width: int = 32, attention: str | None = "attn") -> Stack:
    linears = {role: Linear(path=role, inputs=32, outputs=width, bias=True) for role in roles}
    return Stack(layers=2, layer_path="l.{layer}", linears=linears, norms=(), attention=attention)


@pytest.mark.parametrize(
    ("technique", "stack", "reason"),
    [
        ("serial", _stack("mlp_in"), "its layers have no mlp_out"),
        ("houlsby", _stack("mlp_out"), "its layers have no attention_output"),
        ("parallel", _stack("mlp_out"), "its layers have no mlp_in"),
        ("prefix", _stack("key"), "its layers have no value"),
        ("prefix", _stack("query_key_value"), "its layers have no attention_output"),
        (
            "prefix",
            _stack("key", "value", attention=None),
            "its attention takes no virtual keys and values",
        ),
        (
            "iapt",
            _stack("key", "value", "cross_query"),
            "its decoder reads what it is to predict",
        ),
        (
            "compacter",
            _stack("attention_output", "mlp_out", width=30),
            f"its width 30 is no multiple of {PHM_ORDER}",
        ),
    ],
)
def test_layers_that_cannot_carry_a_row_say_why(technique: str, stack: Stack, reason: str) -> None:
    assert find_stack_obstacle(ROWS[technique], stack, (), 4) == reason


def test_gated_mlp_in_one_matrix_has_a_place_for_parallel() -> None:
    stack = _stack("mlp_gate_in", "mlp_out")
    assert find_stack_obstacle(ROWS["parallel"], stack, (), 4) is None
    assert ROWS["parallel"].layer(stack, 4) == 32 * 4 + 4 + 4 * 32 + 32  # type: ignore[misc]


def test_products_refuse_a_bottleneck_that_their_order_does_not_divide() -> None:
    (stack,) = BERT.stacks
    assert (
        find_stack_obstacle(ROWS["compacter"], stack, (), 6) == f"6 is no multiple of {PHM_ORDER}"
    )
    assert find_stack_obstacle(ROWS["compacter"], stack, (), 8) is None
