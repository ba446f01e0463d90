"""Modules beside and behind the linears of a layer."""

import gc
import weakref
from typing import Any

import peft
import pytest
import torch
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.workers.adapters.bottlenecks import Product, Rules
from tests.workers.subjects import (
    MODELS,
    SIZE,
    Subject,
    added,
    make_generator,
    make_subject,
    shake,
)


@pytest.mark.parametrize("technique", ["serial", "houlsby", "parallel", "compacter"])
@pytest.mark.parametrize("family", MODELS)
def test_bottlenecks_start_without_effect(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    before = subject.predict()
    with added(subject, subject.only(technique)):
        assert torch.equal(subject.predict(), before)


def test_modules_of_several_rates_are_kept_apart(subjects: dict[str, Subject]) -> None:
    modules = (Module("compacter", SIZE), Module("compacter", SIZE, rate=3.0))
    strata = (Stratum(0, 2, modules[:1]), Stratum(2, 3, modules[1:]))
    configuration, subject = Configuration(strata, 1e-3), subjects["bert"]
    with added(subject, configuration) as additions:
        groups = additions.parameters()
        count = sum(x.numel() for group in groups.values() for x in group.values())
    assert count == trainable_parameters(configuration, subject.anatomy)
    shared = {owner: [x for x in group if "rules" in x] for owner, group in groups.items()}
    assert shared == {
        ("compacter", 1.0): ["product_rules_0.weight"],
        ("compacter", 3.0): ["product_rules_1.weight"],
    }


def test_product_is_a_sum_of_kronecker_products() -> None:
    rules = Rules(4, make_generator()).weight
    product = Product(12, 8, rules, make_generator())
    x = torch.randn(5, 12, generator=make_generator())
    summands = [
        torch.kron(rules[i], torch.outer(product.left[i], product.right[i])) for i in range(4)
    ]
    expected = x @ torch.stack(summands).sum(0) + product.bias
    assert torch.allclose(product(x), expected, atol=1e-6)
    assert product.left.shape == (4, 3)


def test_modules_of_one_layer_act_in_order_around_injected_ones() -> None:
    subject = make_subject("bert", "classification")
    config = peft.LoraConfig(r=2, target_modules=r".*\.1\..*(query|output\.dense)")
    peft.inject_adapter_in_model(config, subject.model)
    modules = [Module(name, SIZE) for name in ("parallel", "prefix", "serial")]
    seen: dict[str, Any] = {}
    layer = subject.model.get_submodule("bert.encoder.layer.1")
    wrapped = layer.output.dense
    wrapped.register_forward_hook(lambda _, x, output: seen.update(lora=output))
    with added(subject, subject.configure(*modules)) as additions:
        parameters = shake(additions)
        parameters |= {k: v for k, v in subject.model.named_parameters() if "lora_" in k}
        for name, parameter in parameters.items():
            parameter.requires_grad_()
            if "lora_" in name:
                parameter.data += 0.1
        layer.intermediate.register_forward_pre_hook(lambda _, x: seen.update(entry=x[0]))
        layer.output.dense.register_forward_hook(lambda _, x, output: seen.update(all=output))
        subject.model(**subject.batch).logits.square().mean().backward()
        after_serial = seen["lora"] + layer.serial(seen["lora"])
        expected = after_serial + layer.parallel(seen["entry"])
        assert torch.allclose(seen["all"], expected, atol=1e-6)
        inner = layer.parallel
        scaled = 4 * inner.up(nn.functional.gelu(inner.down(seen["entry"])))
        assert torch.allclose(inner(seen["entry"]), scaled)
        assert all(x.grad is not None and x.grad.any() for x in parameters.values())


def test_a_forward_pass_that_fails_keeps_no_activations(subjects: dict[str, Subject]) -> None:
    subject, kept = subjects["bert"], []
    layer = subject.model.get_submodule("bert.encoder.layer.1")

    def fail(*_: Any) -> None:
        raise RuntimeError("out of memory")

    with added(subject, subject.only("parallel")):
        layer.parallel.register_forward_hook(lambda _, x, y: kept.append(weakref.ref(y)))
        subject.predict()
        handle = layer.intermediate.register_forward_hook(fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            subject.predict()
        handle.remove()
        gc.collect()
        assert [ref() for ref in kept] == [None, None]
