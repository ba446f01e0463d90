"""An anatomy says where each layer's tensors are, whatever the number of stacks."""

import pytest
from pydantic import ValidationError

from peftsearch.spaces.families.anatomy import Anatomy, Linear, Norm, Stack
from tests.anatomies import BERT, LLAMA
from tests.spaces.examples import BERT_LARGE

SQUARE = Linear(path="q", inputs=4, outputs=4, bias=True)
ENCODER = Stack(
    layers=2,
    layer_path="encoder.{layer}",
    linears={"query": SQUARE},
    norms=(Norm(path="norm", size=4, bias=False, first=1),),
    others={"scale": 4},
)
DECODER = Stack(
    layers=3,
    layer_path="decoder.{layer}",
    linears={"query": SQUARE, "cross_query": SQUARE.model_copy(update={"path": "c"})},
    norms=(),
)
BOTH = Anatomy(family="both", hidden=4, stacks=(ENCODER, DECODER))


def test_bert_large_biases() -> None:
    (stack,) = BERT_LARGE.stacks
    assert sum(stack.biases(0).values()) == 11 * 1024
    assert sum(stack.norm_tensors(0).values()) == 4 * 1024


def test_module_paths() -> None:
    query = BERT.linears["query"].path
    assert BERT.module(3, query) == "bert.encoder.layer.3.attention.self.query"
    assert LLAMA.module(2, "mlp.up_proj") == "model.layers.2.mlp.up_proj"


def test_layers_count_through_the_stacks() -> None:
    assert BOTH.layers == 5
    assert [BOTH.layer_name(i) for i in range(5)] == [
        "encoder.0",
        "encoder.1",
        "decoder.0",
        "decoder.1",
        "decoder.2",
    ]
    assert list(BOTH.each()) == [BOTH.locate(i) for i in range(5)]
    with pytest.raises(IndexError):
        BOTH.locate(5)


def test_roles_are_those_of_any_stack() -> None:
    assert list(BOTH.linears) == ["query", "cross_query"]


def test_tensors_of_a_layer() -> None:
    assert ENCODER.tensors(0) == {"q.weight": 16, "q.bias": 4, "scale": 4}
    assert ENCODER.tensors(1) == ENCODER.tensors(0) | {"norm.weight": 4}


def test_a_single_stack_may_be_written_flat() -> None:
    inner = ENCODER.model_dump(mode="json")
    flat = Anatomy.model_validate({"family": "mine", "hidden": 4, **inner})
    assert flat == Anatomy(family="mine", hidden=4, stacks=(ENCODER,))


@pytest.mark.parametrize("anatomy", [BERT, LLAMA, BOTH], ids=lambda x: x.family)
def test_round_trip(anatomy: Anatomy) -> None:
    assert Anatomy.model_validate(anatomy.model_dump(mode="json")) == anatomy


def test_an_anatomy_has_a_stack() -> None:
    with pytest.raises(ValidationError):
        Anatomy(family="none", hidden=4, stacks=())
