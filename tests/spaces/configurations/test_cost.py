"""Costs against published shapes, counted by hand, and against sums over layers."""

import pytest
from hypothesis import given

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import (
    adapter_bytes,
    backward_depth,
    layer_parameters,
    trainable_parameters,
)
from peftsearch.spaces.configurations.training_flops import training_flops
from peftsearch.spaces.families.workload import Workload
from tests.anatomies import BERT, LLAMA
from tests.spaces.examples import BERT_LARGE, BITFIT, IA3, LORA, configurations

QV = ("query", "value")
QKVO = ("query", "key", "value", "attention_output")
ALL = tuple(BERT_LARGE.linears)


def spafit(frozen: int, bias_only: int, rank: int, roles: tuple[str, ...]) -> Configuration:
    strata = (
        Stratum(0, frozen),
        Stratum(frozen, bias_only, (BITFIT,)),
        Stratum(bias_only, 24, (BITFIT, Module("lora", rank, roles))),
    )
    return Configuration(strata, 1e-3)


@pytest.mark.parametrize(
    ("bias_only", "roles", "figures"),
    [
        (9, QV, (716_800, 1_208_320, 2_191_360)),
        (9, QKVO, (1_208_320, 2_191_360, 4_157_440)),
        (9, ALL, (2_437_120, 4_648_960, 9_072_640)),
        (14, QV, (552_960, 880_640, 1_536_000)),
        (14, ALL, (1_699_840, 3_174_400, 6_123_520)),
    ],
)
def test_spafit_on_bert_large(
    bias_only: int, roles: tuple[str, ...], figures: tuple[int, ...]
) -> None:
    """SPAFIT-4-9 and 4-14 (arXiv 2405.00201) at r = 8, 16, 32, biases of layers 5 to 24."""
    counted = [spafit(4, bias_only, rank, roles) for rank in (8, 16, 32)]
    assert tuple(trainable_parameters(x, BERT_LARGE) for x in counted) == figures
    assert [backward_depth(x, BERT_LARGE) for x in counted] == [20] * 3


@pytest.mark.parametrize(
    ("modules", "figure"),
    [
        ((Module("lora", 8, QV),), 786_432),
        ((Module("lora", 16, QV),), 1_572_864),
        ((Module("lora", 8, ALL),), 3_538_944),
        ((Module("lora", 16, ALL),), 7_077_888),
        ((Module("rslora", 8, QV),), 786_432),
        ((Module("dora", 8, QV),), 786_432 + 24 * 2 * 1024),
        ((BITFIT,), 270_336),
        ((Module("ln_tuning"),), 24 * 4 * 1024),
        ((BITFIT, Module("ln_tuning")), 270_336 + 24 * 2 * 1024),
        ((IA3,), 24 * (1024 + 1024 + 4096)),
        ((), 0),
    ],
)
def test_whole_model_techniques_on_bert_large(modules: tuple[Module, ...], figure: int) -> None:
    whole = Configuration((Stratum(0, 24, modules),), 1e-3)
    assert trainable_parameters(whole, BERT_LARGE) == figure
    assert adapter_bytes(whole, BERT_LARGE) == 4 * figure


def test_grouped_queries_are_counted_with_their_own_shapes() -> None:
    """Llama of width 64: queries 64 -> 64; values 64 -> 32, two key-value heads of four."""
    modules = (Module("lora", 2, ("query", "value")),)
    assert layer_parameters(modules, LLAMA) == 2 * (64 + 64) + 2 * (64 + 32)
    assert layer_parameters((IA3,), LLAMA) == 32 + 32 + 160
    assert layer_parameters((Module("ln_tuning"),), LLAMA) == 2 * 64


@given(configurations())
def test_parameters_are_the_sum_over_layers(configuration: Configuration) -> None:
    total = sum(
        trainable_parameters(
            Configuration((Stratum(0, 6, configuration.profile[layer], (layer,)),), 1e-3), BERT
        )
        for layer in range(6)
    )
    assert trainable_parameters(configuration, BERT) == total


@given(configurations())
def test_depth_is_zero_exactly_where_nothing_is_trained(configuration: Configuration) -> None:
    assert (backward_depth(configuration, BERT) == 0) is (
        trainable_parameters(configuration, BERT) == 0
    )


@pytest.mark.parametrize(("start", "depth"), [(0, 6), (4, 2), (5, 1)])
def test_backward_depth_reaches_down_to_the_lowest_adapted_layer(start: int, depth: int) -> None:
    strata = (Stratum(0, start), Stratum(start, 6, (LORA,), (start,)))
    assert backward_depth(Configuration(strata, 1e-3), BERT) == depth


def test_training_flops_by_hand() -> None:
    """All 6 layers forward. Backward the highest whole, and of the one below only what lies above
    its queries; LoRA of rank 4 on two linears of both is trained."""
    strata = (Stratum(0, 4), Stratum(4, 6, (LORA,)))
    workload = Workload(steps=1, batches=1, sequences=10, tokens=(50,), pairs=((250,),))
    anatomy = BERT.model_copy(update={"workload": workload})
    square, wide = 384 * 384, 2 * 384 * 1536
    frozen = 6 * (4 * square + wide) + (4 * square + wide) + (square + wide)
    thin = 2 * 3 * 2 * 4 * (384 + 384) - 2 * 4 * 384
    attention = 4 * 384 * 250 * (6 + 2 * 2.5)
    found = training_flops(Configuration(strata, 1e-3), anatomy)
    assert found == 2 * (frozen + thin) * 50 + attention
