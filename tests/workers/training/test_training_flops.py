"""The claimed operations of a training step, against those that PyTorch counts."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.training_flops import forward_flops, training_flops
from peftsearch.spaces.families.kept_activations import KEPT
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.training.recomputation import recomputing, without_cache
from tests.workers.subjects import Subject
from tests.workers.training.kernels import KERNELS
from tests.workers.training.sized import (
    DROPOUTS,
    attach_sized,
    lora,
    make_sized,
    modules_of,
    on_layers,
    with_dropout,
)

NEARLY = {"deberta-v2": 0.01, "modernbert": 0.002, "vit": 1e-4, "dinov2": 1e-4}
"""Families whose claims are not to the last product: relative positions pass adapted matrices, a
pre-trained part of the head is not counted, and labels are taken for pixels."""
ABOUT = {
    **{"waveft": 0.045, "adamss": 0.03, "glora": 0.015, "psoft": 0.015, "randlora": 0.015},
    **{"houlsby": 0.01, "serial": 0.01, "parallel": 0.01, "ssf": 0.01, "compacter": 0.01},
    **{"iapt": 0.03, "apt": 0.001, "p_tuning": 0.015},
    **{"boft": 0.01, "hra": 0.01, "frod": 0.04, "lokr": 0.001, "tinylora": 0.001},
    **{"osf": 0.015, "flora": 0.01, "trlora": 0.001},
}


def measure(subject: Subject, configuration: Configuration, recomputed: bool = False) -> int:
    """Of one step forward and backward."""
    attachment = attach_sized(subject, configuration)
    counter = FlopCounterMode(display=False, custom_mapping=KERNELS)
    try:
        with (
            counter,
            attachment.dropping(0),
            recomputing(subject.model, recomputed),
            without_cache(subject.model),
        ):
            subject.model(**subject.batch).loss.backward()
        return int(counter.get_total_flops())
    finally:
        attachment.detach()


def off(subject: Subject, configuration: Configuration, recomputed: bool = False) -> float:
    """By how much a claim is beside what is measured, as a share."""
    workload = subject.anatomy.workload
    assert workload is not None
    changed = {"workload": workload.model_copy(update={"recomputed": recomputed})}
    claimed = training_flops(configuration, subject.anatomy.model_copy(update=changed))
    return abs(claimed / measure(subject, configuration, recomputed) - 1)


@pytest.mark.parametrize("family", KEPT)
def test_each_family_computes_what_is_claimed(family: str) -> None:
    """LoRA in all layers, and norms, where there are any, from the second layer on."""
    subject = make_sized(family)
    anatomy, bound = subject.anatomy, NEARLY.get(family, 1e-9)
    assert off(subject, lora(anatomy)) <= bound
    assert off(subject, lora(anatomy, start=anatomy.layers - 1)) <= bound
    assert off(subject, on_layers(anatomy, Module("ln_tuning", 0, ()), start=1)) <= bound


@pytest.mark.parametrize(("name", "dropout"), DROPOUTS)
def test_each_technique_computes_what_is_claimed(name: str, dropout: float) -> None:
    """DoRA and FRoD have products of their own for what dropout leaves of the inputs."""
    subject = with_dropout(make_sized("bert"), dropout)
    for module in modules_of(name, subject.anatomy):
        configuration = on_layers(subject.anatomy, module, start=1)
        assert off(subject, configuration) <= ABOUT.get(name, 1e-9)


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_recomputed_layers_count_twice(family: str) -> None:
    subject = make_sized(family)
    assert off(subject, lora(subject.anatomy, start=1), recomputed=True) <= 0.01


def test_a_language_model_computes_its_outputs() -> None:
    subject = make_sized("llama", kind="causal_lm")
    assert off(subject, lora(subject.anatomy)) <= 1e-9
    frozen = Configuration((Stratum(0, subject.anatomy.layers),), 1e-3)
    assert training_flops(frozen, subject.anatomy) == 0.0
    counter = FlopCounterMode(display=False, custom_mapping=KERNELS)
    with counter, torch.no_grad(), without_cache(subject.model):
        subject.model(**subject.batch)
    assert forward_flops(subject.anatomy) == counter.get_total_flops()


@pytest.mark.parametrize("family", ["bert", "llama", "vit"])
def test_a_frozen_model_computes_forward_and_its_head(family: str) -> None:
    subject = make_sized(family)
    frozen = Configuration((Stratum(0, subject.anatomy.layers),), 1e-3)
    assert off(subject, frozen) <= NEARLY.get(family, 1e-9)


VIRTUAL = [name for name, row in TECHNIQUES.items() if row.input is not None]


@pytest.mark.parametrize("name", VIRTUAL)
def test_virtual_tokens_are_computed_like_others(name: str) -> None:
    """And so is what makes them, but for p-tuning's perceptron."""
    subject = make_sized("bert")
    tokens = Configuration((Stratum(0, subject.anatomy.layers),), 1e-3, Module(name, 4))
    assert off(subject, tokens) <= ABOUT.get(name, 0.01)
