"""A training that was broken off ends as if nobody had."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.training import provenance
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.progress import Progress
from peftsearch.workers.training.rungs import rung_steps
from peftsearch.workers.training.trial_failures import Collapsed, TrialTimeout
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.keepers import BrokenOff, Memory, break_off
from tests.workers.kind_runners import open_kind
from tests.workers.outcomes import assert_equal
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.tiny import LAYERS

SEED = 3


def _in_all(technique: str, capacity: int, *roles: str) -> Configuration:
    return Configuration((Stratum(0, LAYERS, (Module(technique, capacity, roles),)),), 5e-3)


CONFIGURATIONS = {
    "lora": LORA,
    "masks that gradients choose": _in_all("sparse_gradient", 20, "query", "value"),
    "a start within the weights": _in_all("pissa", 4, "query", "value"),
    "virtual tokens": replace(PROBE, input=Module("prompt", 4)),
    "the head alone": PROBE,
}


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """Of trainings of 14 steps whose best state of three is kept."""
    folder, model = tmp_path_factory.mktemp("rungs"), folders["bert"]
    return open_runner(folder, model, epochs=1, checkpoints=3, accumulate=2, dropout=0.2)


def _break_off(
    runner: TrialRunner, configuration: Configuration = LORA, at: int = 7, seed: int = SEED
) -> Memory:
    """What a training left that ended at its step `at`."""
    keeper = Memory()
    with pytest.raises(BrokenOff):
        runner.evaluate(configuration, seed, break_off(at), keeper=keeper)
    return keeper


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_resumed_training_is_bit_equal(name: str, runner: TrialRunner) -> None:
    configuration = CONFIGURATIONS[name]
    undisturbed = runner.evaluate(configuration, SEED)
    assert "resumed_step" not in undisturbed.provenance
    steps = undisturbed.provenance["steps"]
    evaluation = 3  # batches of the look at a state, between the rungs
    for rung, at in zip(rung_steps(steps), (7, 10 + evaluation), strict=True):
        keeper = _break_off(runner, configuration, at)
        again = runner.evaluate(configuration, SEED, keeper=keeper)
        assert_equal(again, undisturbed)
        assert again.provenance["resumed_step"] == rung


def test_steps_are_told_from_the_rung_on(runner: TrialRunner) -> None:
    keeper, seen = _break_off(runner), list[tuple[int, int]]()
    before = keeper.told["ticks"]
    runner.evaluate(LORA, SEED, lambda *told: seen.append(told), keeper=keeper)
    total = seen[0][1]
    assert seen == [(done, total) for done in range(before + 1, total + 1)]


def test_what_was_broken_off_twice_goes_on_from_the_newest(runner: TrialRunner) -> None:
    keeper = _break_off(runner)
    with pytest.raises(BrokenOff):
        runner.evaluate(LORA, SEED, break_off(13), keeper=keeper)
    assert keeper.saved == 2
    again = runner.evaluate(LORA, SEED, keeper=keeper)
    assert_equal(again, runner.evaluate(LORA, SEED))
    assert again.provenance["resumed_step"] == rung_steps(again.provenance["steps"])[1]


def test_a_decoder_goes_on_too(tmp_path: Path, folders: dict[str, Path]) -> None:
    """A regression, whose head is trained in units of its own and whose losses are told in the
    labels'."""
    runner = open_runner(tmp_path, folders["llama"], "regression", epochs=1)
    keeper = _break_off(runner)
    again = runner.evaluate(LORA, SEED, keeper=keeper)
    assert_equal(again, runner.evaluate(LORA, SEED))
    assert again.provenance["resumed_step"] > 0


def _change_version(runner: TrialRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_versions", lambda: {"torch": "0"})


def _change_device(runner: TrialRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_device_name", lambda device: "another")


def _change_training(runner: TrialRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    training = runner.spec.training.model_copy(update={"weight_decay": 0.5})
    spec = runner.spec.model_copy(update={"training": training})
    monkeypatch.setattr(runner, "spec", spec)


def _change_data(runner: TrialRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "data", replace(runner.data, fingerprint="another"))


def _change_precision(runner: TrialRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"float32": "bfloat16", "bfloat16": "float32"}[runner.precision]
    monkeypatch.setattr(runner, "precision", other)


def _change_model(runner: TrialRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    files = copy.copy(runner.backbone.files)
    files.__dict__["sha256"] = "another"
    monkeypatch.setattr(runner, "backbone", replace(runner.backbone, files=files))


@pytest.mark.parametrize(
    "change",
    [
        _change_version,
        _change_device,
        _change_training,
        _change_data,
        _change_precision,
        _change_model,
    ],
)
def test_a_rung_of_another_training_is_ignored(
    runner: TrialRunner, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    keeper = _break_off(runner)
    change(runner, monkeypatch)
    found = runner.evaluate(LORA, SEED, keeper=keeper)
    assert_equal(found, runner.evaluate(LORA, SEED))
    assert "resumed_step" not in found.provenance


def test_a_rung_of_another_trial_is_ignored(runner: TrialRunner) -> None:
    faster = replace(LORA, learning_rate=6e-3)
    for configuration, seed in ((LORA, SEED + 1), (faster, SEED), (PROBE, SEED)):
        found = runner.evaluate(configuration, seed, keeper=_break_off(runner))
        assert_equal(found, runner.evaluate(configuration, seed))
        assert "resumed_step" not in found.provenance


def test_an_adapter_that_does_not_fit_is_ignored(runner: TrialRunner) -> None:
    """As of another package's technique that was changed and kept its version."""
    keeper = _break_off(runner)
    keeper.tensors.pop(next(x for x in keeper.tensors if x.startswith("trained/")))
    found = runner.evaluate(LORA, SEED, keeper=keeper)
    assert_equal(found, runner.evaluate(LORA, SEED))
    assert "resumed_step" not in found.provenance


def test_time_and_memory_of_both_parts_count(runner: TrialRunner) -> None:
    keeper = _break_off(runner)
    keeper.told |= {"training_seconds": 1000.0, "peak_bytes": 2**40}
    found = runner.evaluate(LORA, SEED, keeper=keeper).measurements
    assert 1000 < found["training_seconds"] < 2000
    assert found["peak_memory_bytes"] == 2**40


def test_the_time_limit_is_that_of_all_attempts() -> None:
    clock = Clock(9, lambda done, total: None, timeout_minutes=60.0)
    clock.take_up(4, 30 * 60.0)
    clock.tick()
    assert clock.done == 5
    clock.take_up(5, 31 * 60.0)
    with pytest.raises(TrialTimeout):
        clock.tick()


def test_a_collapse_is_seen_across_the_break(
    runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the losses of both parts."""
    seen: list[int] = []

    def check(losses: list[float], steps: int) -> None:
        seen.append(len(losses))
        if len(losses) == 9:
            raise Collapsed(9, 1.0)

    monkeypatch.setattr(runner, "_check_progress", check)
    keeper = _break_off(runner)
    with pytest.raises(Collapsed):
        runner.evaluate(LORA, SEED, watched=True, keeper=keeper)
    assert seen == list(range(rung_steps(14)[0] + 1, 10))


def test_short_trainings_have_no_rungs() -> None:
    assert rung_steps(5) == ()
    assert rung_steps(6) == (2, 4)
    assert rung_steps(300) == (100, 200)


def test_what_is_not_trained_has_no_rungs(tmp_path: Path) -> None:
    runner, keeper = open_kind(tmp_path, "llama", "causal_lm"), Memory()
    outcome = runner.evaluate(PROBE, SEED, keeper=keeper)
    assert (outcome.provenance["steps"], keeper.saved) == (0, 0)


def test_folds_are_trained_from_the_start(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner, keeper = open_runner(tmp_path, folders["bert"], folds=2, epochs=1), Memory()
    runner.evaluate(PROBE, SEED, keeper=keeper)
    assert keeper.saved == 0


def test_moments_come_to_the_device_of_their_parameter() -> None:
    parameter = nn.Parameter(torch.ones(2, 3))
    optimizer = torch.optim.AdamW([parameter])
    parameter.grad = torch.ones(2, 3)
    optimizer.step()
    moments = Progress(optimizer, {"a.weight": parameter}).moments()
    assert {x.device.type for x in moments.values()} == {"cpu"}
    elsewhere: Any = nn.Parameter(torch.ones(2, 3, device="meta"))
    other = torch.optim.AdamW([elsewhere])
    Progress(other, {"a.weight": elsewhere}).take_up(moments, [0.5], 1.0)
    devices = {name: x.device.type for name, x in other.state[elsewhere].items()}
    assert devices == {"step": "cpu", "exp_avg": "meta", "exp_avg_sq": "meta"}
