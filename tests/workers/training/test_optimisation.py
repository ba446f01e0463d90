from dataclasses import replace
from pathlib import Path

import pytest
import torch

from peftsearch.records.trial import FailureKind
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.batches.encoding import encode_texts
from peftsearch.workers.batches.encodings import EncodedTexts
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.runtime.memory import MemoryMeter
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.inference import decide, mean_loss, predict_logits
from peftsearch.workers.training.optimisation import compute_loss, schedule, train
from peftsearch.workers.training.trial_failures import NonFiniteLoss, TrialTimeout
from tests.workers.tiny import LAYERS

LORA = Configuration((Stratum(0, LAYERS, (Module("lora", 4, ("query", "value")),)),), 5e-3)


def _data(backbone: Backbone, n: int = 48) -> EncodedTexts:
    texts = [f"the film is {'good' if i % 2 else 'bad'}" + " very" * (i % 5) for i in range(n)]
    return encode_texts(backbone.tokenizer, [texts], torch.arange(n) % 2, max_length=32)


def _run(
    backbone: Backbone,
    training: TrainingSpec,
    seed: int = 0,
    rate: float = LORA.learning_rate,
    clock: Clock | None = None,
    precision: str = "float32",
    configuration: Configuration = LORA,
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    data, regime = _data(backbone), training.regime(configuration)
    attachment = attach(backbone, configuration, seed, dropout=regime.dropout)
    chosen = clock or Clock(10**6, lambda done, total: None)
    meter = MemoryMeter("cpu")
    try:
        _, losses = train(
            backbone, attachment, data, training, regime, rate, seed, precision, chosen, meter
        )
        assert len(losses) == chosen.done == regime.steps(len(data))
        return attachment.tensors(), predict_logits(backbone.model, data, "cpu", precision)
    finally:
        attachment.detach()


def test_schedule_rises_and_falls_to_zero() -> None:
    shares = [schedule(step, 20, 0.2) for step in range(21)]
    assert shares[:4] == [0.25, 0.5, 0.75, 1.0]
    assert shares[4] == 1.0 and shares[20] == 0.0
    assert all(a > b for a, b in zip(shares[4:], shares[5:], strict=False))
    assert schedule(0, 1, 0.0) == 1.0


@pytest.mark.parametrize("family", ["bert", "qwen2"])
def test_training_learns_what_can_be_learnt(family: str, backbones: dict[str, Backbone]) -> None:
    backbone = backbones[family]
    _, logits = _run(backbone, TrainingSpec(epochs=30, batch_size=8), rate=1e-2)
    labels = _data(backbone).labels
    assert (decide("classification", logits) == labels.numpy()).mean() > 0.95
    assert mean_loss("classification", logits, labels) < 0.3


def test_equal_seeds_are_bit_equal_and_others_are_not(backbones: dict[str, Backbone]) -> None:
    training = TrainingSpec(epochs=2, batch_size=8)
    first, logits = _run(backbones["bert"], training, seed=1)
    torch.rand(11)
    second, again = _run(backbones["bert"], training, seed=1)
    other, _ = _run(backbones["bert"], training, seed=2)
    assert torch.equal(logits, again)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_dropout_is_a_function_of_the_seed_and_ends_with_the_training(
    backbones: dict[str, Backbone],
) -> None:
    found = {
        (share, parts): _run(
            backbones["bert"],
            TrainingSpec(epochs=2, batch_size=8, dropout=share, gradient_checkpointing=parts),
            seed=1,
        )[1]
        for share in (0.0, 0.3)
        for parts in (False, True)
    }
    torch.rand(5)
    training = TrainingSpec(epochs=2, batch_size=8, dropout=0.3)
    again = _run(backbones["bert"], training, seed=1)[1]
    assert torch.equal(found[0.3, False], again)
    assert not torch.equal(found[0.3, False], found[0.0, False])
    # What is computed twice leaves out the same.
    torch.testing.assert_close(found[0.3, True], again, atol=1e-5, rtol=1e-4)


def test_bfloat16_trains_float32_weights(backbones: dict[str, Backbone]) -> None:
    tensors, logits = _run(
        backbones["bert"], TrainingSpec(epochs=1, batch_size=8), precision="bfloat16"
    )
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert torch.isfinite(logits).all()


def test_absurd_rate_is_a_typed_failure(backbones: dict[str, Backbone]) -> None:
    with pytest.raises(NonFiniteLoss, match="at step"):
        _run(backbones["bert"], TrainingSpec(epochs=20, batch_size=8), rate=1e30)


def test_timeout_ends_the_trial_after_the_step_that_passed_it(
    backbones: dict[str, Backbone],
) -> None:
    clock = Clock(10, lambda done, total: None, timeout_minutes=1e-9)
    with pytest.raises(TrialTimeout) as caught:
        _run(backbones["bert"], TrainingSpec(epochs=1, batch_size=8), clock=clock)
    assert clock.done == 1
    assert caught.value.kind is FailureKind.TIMEOUT


def test_every_step_is_told_and_may_cancel(backbones: dict[str, Backbone]) -> None:
    seen: list[tuple[int, int]] = []

    def stop_at_three(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        clock = Clock(6, stop_at_three)
        _run(backbones["bert"], TrainingSpec(epochs=1, batch_size=8), clock=clock)
    assert seen == [(1, 6), (2, 6), (3, 6)]
    assert not any(p.requires_grad for p in backbones["bert"].model.parameters())


def test_predictions_come_in_the_order_of_the_rows(
    backbones: dict[str, Backbone], folders: dict[str, Path]
) -> None:
    backbone = backbones["llama"]
    data = _data(backbone, 70)
    logits = predict_logits(backbone.model, data, "cpu")
    for i in (0, 33, 69):
        alone = {k: v for k, v in data.batch([i]).items() if k != "labels"}
        with torch.no_grad():
            single = backbone.model(**alone).logits[0]
        torch.testing.assert_close(logits[i], single, atol=1e-5, rtol=1e-4)


def test_nothing_to_train_is_no_training(backbones: dict[str, Backbone]) -> None:
    backbone = replace(backbones["llama"], heads=())
    attachment = attach(backbone, Configuration((Stratum(0, LAYERS),), 1e-3), 0)
    clock = Clock(1, lambda done, total: None)
    try:
        data, training = _data(backbone), TrainingSpec()
        meter, regime = MemoryMeter("cpu"), training.regime()
        found = train(
            backbone, attachment, data, training, regime, 1e-3, 0, "float32", clock, meter
        )
    finally:
        attachment.detach()
    assert (found, clock.done) == ((0.0, []), 0)


def test_the_loss_of_each_step_is_told(backbones: dict[str, Backbone]) -> None:
    backbone = backbones["bert"]
    data, training = _data(backbone), TrainingSpec(epochs=20, batch_size=48)
    attachment = attach(backbone, LORA, 0)
    batch = data.batch(range(len(data)))
    try:
        first = compute_loss(backbone, batch, "float32").item()
        clock, meter = Clock(20, lambda done, total: None), MemoryMeter("cpu")
        regime = training.regime()
        _, losses = train(
            backbone, attachment, data, training, regime, 1e-2, 0, "float32", clock, meter
        )
        last = compute_loss(backbone, batch, "float32").item()
    finally:
        attachment.detach()
    assert losses[0] == pytest.approx(first, abs=1e-5)
    assert losses[-1] == pytest.approx(last, rel=0.1)
    assert last < first * 0.75
