"""The claimed memory of a training step, against all tensors that are alive at its peak."""

from typing import Any

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.configurations.training_memory import training_memory
from peftsearch.spaces.families.kept_activations import KEPT
from peftsearch.spaces.families.passing_activations import PASSING
from peftsearch.workers.hooks.hooks import open_hooks
from peftsearch.workers.models.sizes import count_base
from peftsearch.workers.runtime.devices import autocast
from peftsearch.workers.training.recomputation import recomputing, without_cache
from tests.workers.subjects import Subject
from tests.workers.training.sized import (
    DROPOUTS,
    attach_sized,
    find_heads,
    kind_of,
    lora,
    make_sized,
    modules_of,
    on_layers,
    with_dropout,
)
from tests.workers.training.tracking import TensorBytes


def measure_peak(
    subject: Subject,
    configuration: Configuration,
    recomputed: bool = False,
    precision: str = "float32",
) -> int:
    """Bytes of the model, its batch, the adapter, and all that two steps make; 0 where there is
    nothing to train."""
    model, batch = subject.model, subject.batch
    attachment = attach_sized(subject, configuration)
    try:
        if not attachment.trained:
            return 0
        held = [*model.parameters(), *model.buffers(), *batch.values()]
        hooks = open_hooks(attachment, 2)
        with TensorBytes([*held, *attachment.snapshot.saved.values()]) as tensors:
            for step in range(2):
                if step in (0, *hooks.starts):
                    hooks.enter(step)
                    optimizer = torch.optim.AdamW(list(attachment.trained.values()))
                hooks.before_step(step)
                with (
                    recomputing(model, recomputed),
                    without_cache(model),
                    attachment.dropping(0),
                ):
                    with autocast(precision, "cpu"):
                        loss = model(**batch).loss
                    penalty = hooks.penalty()
                    (loss if penalty is None else loss + penalty).backward()
                del loss, penalty  # as the loop does; else their graph keeps old shapes
                hooks.after_backward(step)
                optimizer.step()
                hooks.after_step(step, optimizer)
                optimizer.zero_grad(set_to_none=True)
        hooks.close()
        return int(tensors.peak)
    finally:
        attachment.detach()


def claim(subject: Subject, configuration: Configuration, **changes: Any) -> int:
    workload = subject.anatomy.workload
    assert workload is not None
    changed = workload.model_copy(update=changes)
    return training_memory(configuration, subject.anatomy.model_copy(update={"workload": changed}))


def test_each_family_has_both_tables() -> None:
    assert KEPT.keys() == PASSING.keys()


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("family", KEPT)
def test_no_family_takes_more_than_is_claimed(family: str, dropout: float) -> None:
    """Nothing adapted, all layers, and the highest alone."""
    subject = with_dropout(make_sized(family), dropout)
    anatomy = subject.anatomy
    probe = Configuration((Stratum(0, anatomy.layers),), 1e-3)
    for configuration in (probe, lora(anatomy), lora(anatomy, start=anatomy.layers - 1)):
        measured, claimed = measure_peak(subject, configuration), claim(subject, configuration)
        assert measured <= claimed
        assert claimed <= 1.45 * measured or not measured  # nothing to train of a language model


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("family", [x for x in KEPT if x != "mpnet"])
def test_recomputed_layers_take_no_more_than_is_claimed(family: str, dropout: float) -> None:
    subject = with_dropout(make_sized(family), dropout)
    configuration = lora(subject.anatomy)
    measured = measure_peak(subject, configuration, recomputed=True)
    claimed = claim(subject, configuration, recomputed=True)
    assert measured <= claimed <= 1.45 * measured
    assert claimed < claim(subject, configuration)


@pytest.mark.parametrize(("name", "dropout"), DROPOUTS)
def test_no_technique_takes_more_than_is_claimed(name: str, dropout: float) -> None:
    subject = with_dropout(make_sized("bert", examples=4), dropout)
    anatomy = subject.anatomy
    for module in modules_of(name, anatomy):
        configuration = on_layers(anatomy, module, start=anatomy.layers - 2)
        measured, claimed = measure_peak(subject, configuration), claim(subject, configuration)
        assert measured <= claimed <= 1.7 * measured


@pytest.mark.parametrize(("name", "dropout"), DROPOUTS)
def test_of_few_tokens_no_technique_takes_more_than_is_claimed(name: str, dropout: float) -> None:
    """What is made of matrices outweighs activations then, most so at the largest capacity."""
    subject = with_dropout(make_sized("bert", examples=1, tokens=8), dropout)
    for module in modules_of(name, subject.anatomy, ends=True):
        configuration = on_layers(subject.anatomy, module)
        measured, claimed = measure_peak(subject, configuration), claim(subject, configuration)
        assert measured <= claimed


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", ["bert", "modernbert", "llama", "gemma2", "t5", "vit"])
def test_products_in_bfloat16_take_no_more_than_is_claimed(
    family: str, dtype: str, dropout: float
) -> None:
    """Of float32 weights they keep copies, of bfloat16 ones none."""
    subject = with_dropout(make_sized(family), dropout)
    model, anatomy = subject.model.to(getattr(torch, dtype)), subject.anatomy
    for parameter in model.parameters():
        if parameter.dim() < 2:
            parameter.data = parameter.data.float()
    base = count_base(model, find_heads(model, kind_of(family)), dtype)
    changes = {"precision": "bfloat16", "base_dtype": dtype, "base_bytes": base}
    for configuration in (lora(anatomy), lora(anatomy, start=anatomy.layers - 1)):
        measured = measure_peak(subject, configuration, precision="bfloat16")
        assert measured <= claim(subject, configuration, **changes) <= 1.45 * measured
