"""What cannot be built is refused before training."""

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.families.anatomy import Anatomy
from tests.anatomies import BERT, DINOV2, GPT2, LLAMA, MPNET, T5
from tests.spaces.examples import BITFIT, IA3, LORA


def check(*strata: Stratum, rate: float = 1e-3, anatomy: Anatomy = BERT) -> None:
    check_configuration(Configuration(strata, rate), anatomy)


def whole(*modules: Module, layers: tuple[int, ...] | None = None) -> Stratum:
    return Stratum(0, 6, modules, layers)


@pytest.mark.parametrize(
    "strata",
    [
        (whole(),),
        (whole(LORA, BITFIT, Module("ln_tuning")),),
        (whole(IA3, Module("lora", 4, ("query",))),),
        (Stratum(0, 0, (LORA,)), Stratum(0, 6, (LORA,), (5,)), Stratum(6, 6)),
        (whole(LORA, LORA),),
    ],
)
def test_accepted(strata: tuple[Stratum, ...]) -> None:
    check(*strata)


@pytest.mark.parametrize(
    "strata",
    [
        (),
        (Stratum(0, 5),),
        (Stratum(0, 7),),
        (Stratum(1, 6),),
        (Stratum(0, 2), Stratum(3, 6)),
        (Stratum(0, 3), Stratum(2, 6)),
        (Stratum(0, 4), Stratum(4, 2), Stratum(2, 6)),
    ],
)
def test_strata_that_do_not_tile(strata: tuple[Stratum, ...]) -> None:
    with pytest.raises(UserError, match="strata that tile the model's layers from 0 to 6"):
        check(*strata)


@pytest.mark.parametrize("layer", [-1, 1, 6])
def test_placement_outside_its_stratum(layer: int) -> None:
    with pytest.raises(UserError, match=f"within layers 2 to 5; got layer {layer}"):
        check(Stratum(0, 2), Stratum(2, 6, (LORA,), (layer,)))


@pytest.mark.parametrize("rate", [0.0, -1e-3, 1.0, float("nan"), float("inf")])
def test_learning_rate(rate: float) -> None:
    with pytest.raises(UserError, match="a learning rate between 0 and 1"):
        check(whole(LORA), rate=rate)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Module("lora", 4), "target roles for lora; got none"),
        (Module("lora", 4, ("mlp_gate",)), "target roles among .* for bert; got 'mlp_gate'"),
        (Module("lora", -1, ("query",)), "a capacity >= 0 for lora; got -1"),
        (Module("ia3", 2, ("key",)), "no capacity for ia3"),
        (Module("bitfit", 1), "no capacity for bitfit"),
        (Module("bitfit", 0, ("query",)), "no roles for bitfit"),
        (Module("no_row", 4, ("query",)), "the name of a technique; got .no_row."),
    ],
)
def test_module_that_does_not_fit(module: Module, words: str) -> None:
    with pytest.raises(UserError, match=words):
        check(whole(module))


def test_bitfit_where_there_are_no_biases() -> None:
    with pytest.raises(UserError, match="bitfit, but its layers have no biases"):
        check(Stratum(0, 4, (BITFIT,)), anatomy=LLAMA)


def test_two_injected_modules_on_one_role() -> None:
    with pytest.raises(UserError, match="two on 'value' in layers 0 to 5"):
        check(whole(IA3, LORA))


def test_two_sizes_of_one_technique_in_a_layer() -> None:
    with pytest.raises(UserError, match="a technique at most once per layer; got serial twice"):
        check(whole(Module("serial", 4), Module("serial", 8)))


def test_modules_beside_the_linears_share_a_layer() -> None:
    check(whole(Module("serial", 4), Module("parallel", 8), Module("prefix", 2), LORA))


def test_a_part_of_a_fused_matrix() -> None:
    with pytest.raises(UserError, match="got 'query'; use query_key_value, which holds it"):
        check(Stratum(0, 4, (Module("lora", 4, ("query",)),)), anatomy=GPT2)


def test_roles_that_only_the_decoder_has() -> None:
    lora = Module("lora", 4, ("cross_query",))
    check(Stratum(0, 3), Stratum(3, 6, (lora,)), anatomy=T5)
    with pytest.raises(UserError, match="roles that the layers of lora have; got cross_query"):
        check(Stratum(0, 3, (lora,)), Stratum(3, 6), anatomy=T5)


@pytest.mark.parametrize(
    ("module", "anatomy", "words"),
    [
        (Module("oft", 7, ("query",)), BERT, "oft at .* 7, but query: "),
        (Module("prefix", 4), MPNET, "prefix at .* 4, but its attention takes no virtual keys"),
        (Module("compacter", 6), BERT, "compacter at .* 6, but "),
    ],
)
def test_obstacles_are_told_before_training(module: Module, anatomy: Anatomy, words: str) -> None:
    with pytest.raises(UserError, match=words):
        check(Stratum(0, anatomy.layers, (module,)), anatomy=anatomy)


@pytest.mark.parametrize(
    ("module", "anatomy", "words"),
    [
        (Module("prompt", 4, ("query",)), BERT, "no roles for prompt"),
        (Module("prompt"), BERT, "at least one token for prompt; got 0"),
        (Module("serial", 4), BERT, "virtual tokens as `input`; got serial"),
        (Module("prompt", 4), DINOV2, "dinov2, which has no token embeddings"),
        (Module("prompt", 4), T5, "t5, which has an encoder and a decoder"),
    ],
)
def test_virtual_tokens(module: Module, anatomy: Anatomy, words: str) -> None:
    configuration = Configuration((Stratum(0, anatomy.layers),), 1e-3, module)
    with pytest.raises(UserError, match=words):
        check_configuration(configuration, anatomy)


def test_virtual_tokens_in_a_layer() -> None:
    with pytest.raises(UserError, match="techniques that act in layers; got prompt"):
        check(whole(Module("prompt", 4)))
    check_configuration(Configuration((whole(LORA),), 1e-3, Module("prompt", 4)), BERT)


def test_a_factor_is_positive() -> None:
    with pytest.raises(UserError, match="a positive factor"):
        check(whole(Module("bitfit", rate=0.0)))
