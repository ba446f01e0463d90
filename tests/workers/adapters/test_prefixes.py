"""Attention to prefixes against attention written out."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from peftsearch.workers.adapters.prefixes import Prefix, attend
from tests.workers.subjects import LENGTHS, Subject, added, make_generator, make_subject, shake


@settings(max_examples=60, deadline=None)
@given(
    groups=st.sampled_from([1, 2]),
    mask=st.sampled_from(["none", "bool", "float"]),
    causal=st.sampled_from([True, False, None]),
    flag=st.booleans(),
    queries=st.sampled_from([1, 5]),
    biased=st.booleans(),
)
def test_prefix_is_one_softmax_over_virtual_and_real_keys(
    groups: int, mask: str, causal: bool | None, flag: bool, queries: int, biased: bool
) -> None:
    module: Any = nn.Module()
    draw = make_generator(3)
    module.prefix = Prefix(2, (12, 12), draw)
    module.num_key_value_groups, module.is_causal = groups, flag
    for parameter in module.parameters():
        parameter.data.mul_(50)
    query = torch.randn(3, 2 * groups, queries, 6, generator=draw)
    key, value = torch.randn(2, 3, 2, 5, 6, generator=draw)
    allowed = torch.rand(3, 1, queries, 5, generator=draw) > 0.4
    given: torch.Tensor | None = allowed
    if mask == "float":
        given = torch.zeros(allowed.shape).masked_fill(~allowed, torch.finfo().min)
    if mask == "none":
        allowed, given = torch.ones(1, 1, queries, 5, dtype=torch.bool), None
        if (flag if causal is None else causal) and queries > 1:
            allowed = allowed.tril()
    bias = torch.randn(1, 2 * groups, queries, 5, generator=draw)
    options: dict[str, Any] = {"position_bias": bias} if biased else {}
    result, _ = attend(module, query, key, value, given, scaling=0.7, is_causal=causal, **options)
    expected = _explicit(module.prefix, query, key, value, allowed, 0.7, bias if biased else 0.0)
    assert torch.allclose(result, expected, atol=1e-5)


def _explicit(
    prefix: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    allowed: torch.Tensor,
    scaling: float,
    bias: torch.Tensor | float = 0.0,
    softcap: float | None = None,
) -> torch.Tensor:
    """Softmax over the scores of real and virtual keys, head by head."""
    groups, width = query.shape[1] // key.shape[1], key.shape[3]
    heads = []
    for head in range(query.shape[1]):
        own = slice(head // groups * width, (head // groups + 1) * width)
        virtual_key, virtual_value = prefix.key[:, own], prefix.value[:, own]
        real = query[:, head] @ key[:, head // groups].mT * scaling
        virtual = query[:, head] @ virtual_key.T * scaling
        if softcap is not None:
            real, virtual = (softcap * torch.tanh(x / softcap) for x in (real, virtual))
        real = real + (bias if isinstance(bias, float) else bias[:, head])
        hidden = ~allowed[:, 0].expand_as(real)
        scores = torch.cat([virtual, real.masked_fill(hidden, -1e30)], -1)
        values = torch.cat([virtual_value.expand(len(query), -1, -1), value[:, head // groups]], 1)
        heads.append(scores.softmax(-1) @ values)
    return torch.stack(heads, 2)


@pytest.mark.parametrize(
    ("family", "changes", "window"),
    [
        ("bert", {}, None),
        ("llama", {}, None),
        ("mistral", {"sliding_window": 3}, 3),
        ("gemma2", {"attn_logit_softcapping": 1.5, "sliding_window": 64}, None),
    ],
)
def test_model_with_prefixes_attends_as_written_out(
    family: str, changes: dict[str, Any], window: int | None
) -> None:
    subject = make_subject(family, "classification", **changes)
    real = subject.batch["attention_mask"][:, None, None].bool()
    order = torch.arange(real.shape[-1])
    near = order[:, None] - order
    if subject.anatomy.causal:
        real = real & (near >= 0) & (near < (window or len(order)))

    def explicit(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        width = key.shape[1] * key.shape[3]
        prefix = getattr(module, "prefix", None) or Prefix(0, (width, width), make_generator())
        scaling, softcap = options["scaling"], options.get("softcap")
        return _explicit(prefix, query, key, value, real, scaling, softcap=softcap), None

    with added(subject, subject.only("prefix")) as additions:
        shake(additions, 1.0)
        found = subject.predict()
        ALL_ATTENTION_FUNCTIONS.register("explicit", explicit)
        ALL_MASK_ATTENTION_FUNCTIONS.register("explicit", lambda **_: None)
        subject.model.config._attn_implementation = "explicit"
        expected = subject.predict()
        subject.model.config._attn_implementation = "peftsearch_prefix"
    assert torch.allclose(found, expected, atol=1e-5)


def test_prefix_stands_beside_a_relative_position_bias(subjects: dict[str, Subject]) -> None:
    subject = subjects["t5"]
    with added(subject, subject.only("prefix")) as additions:
        parameters = shake(additions)
        subject.model(**subject.batch).logits.square().mean().backward()
        short = {name: x[1:2, : LENGTHS[1]] for name, x in subject.batch.items()}
        with torch.no_grad():
            alone = subject.model(**short).logits[0]
        padded = subject.predict()[1, : LENGTHS[1]]
    assert len(parameters) == 2 * (subject.anatomy.layers - 1)
    assert all(x.grad is not None and x.grad.any() for x in parameters.values())
    assert torch.allclose(padded, alone, atol=1e-5)
