"""Techniques that act between the steps of a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes, trainable_parameters
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.training.inference import decide
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.keepers import BrokenOff, Memory, break_off
from tests.workers.outcomes import assert_equal
from tests.workers.runners import open_runner
from tests.workers.tiny import LAYERS, shape_of, state_of

ROLES = ("query", "value", "mlp_out")
SEED = 3


def on_all(technique: str, capacity: int, rate: float = 5e-3) -> Configuration:
    """In all layers but the lowest, in matrices of two shapes."""
    module = Module(technique, capacity, ROLES)
    return Configuration((Stratum(0, 1), Stratum(1, LAYERS, (module,))), rate)


HOOKED = {
    "spiel": on_all("spiel", 20),
    "lt_sft": on_all("lt_sft", 20),
    "adalora": on_all("adalora", 2),
    "lora_moe": on_all("lora_moe", 4),
}


AT = (9, 21, 23, 28)
"""Between phases and within, while gradients are collected, before ranks are cut and after."""


class _All(Memory):
    """Keeps a rung of each of these steps, and ends the training with the last."""

    def __init__(self) -> None:
        self.rungs = list[Memory]()

    def save(self, told: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        self.rungs.append(rung := Memory())
        rung.save(told, tensors)
        if len(self.rungs) == len(AT):
            raise BrokenOff


@dataclass(frozen=True)
class Trace:
    """What a training can change of a model."""

    shape: list[tuple[str, type, bool]]
    state: dict[str, torch.Tensor]
    trainable: bool
    gradients: bool

    @classmethod
    def of(cls, runner: TrialRunner) -> "Trace":
        backbone, parameters = runner.backbone, list(runner.backbone.model.parameters())
        trainable = any(x.requires_grad for x in parameters)
        gradients = any(x.grad is not None for x in parameters)
        return cls(shape_of(backbone), state_of(backbone), trainable, gradients)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """Of trainings of 42 steps in parts of a batch, whose best state of three is kept."""
    folder, model = tmp_path_factory.mktemp("hooks"), folders["bert"]
    return open_runner(folder, model, epochs=3, checkpoints=3, accumulate=2, dropout=0.1)


@pytest.fixture(scope="module")
def traces() -> dict[str, tuple[Trace, Trace]]:
    """Before and after each training of `outcomes`."""
    return {}


@pytest.fixture(scope="module")
def outcomes(runner: TrialRunner, traces: dict[str, tuple[Trace, Trace]]) -> dict[str, Outcome]:
    found = {}
    for name, configuration in HOOKED.items():
        before = Trace.of(runner)
        found[name] = runner.evaluate(configuration, SEED)
        traces[name] = before, Trace.of(runner)
    return found


@pytest.fixture(scope="module")
def rungs(runner: TrialRunner) -> dict[str, list[Memory]]:
    """Of one training of each that was broken off."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("peftsearch.workers.training.rungs.rung_steps", lambda steps: AT)
        for name, configuration in HOOKED.items():
            keeper = _All()
            with pytest.raises(BrokenOff):
                runner.evaluate(configuration, SEED, keeper=keeper)
            found[name] = keeper.rungs
    return found


@pytest.mark.parametrize("name", HOOKED)
def test_a_training_with_a_hook_leaves_no_trace(
    name: str, outcomes: dict[str, Outcome], traces: dict[str, tuple[Trace, Trace]]
) -> None:
    before, after = traces[name]
    assert after.shape == before.shape
    assert all(torch.equal(after.state[key], before.state[key]) for key in before.state)
    assert not after.trainable
    assert not after.gradients


@pytest.mark.parametrize("name", HOOKED)
def test_one_that_fails_half_way_leaves_none_either(name: str, runner: TrialRunner) -> None:
    before = state_of(runner.backbone)
    for at in (2, 25):
        with pytest.raises(BrokenOff):
            runner.evaluate(HOOKED[name], SEED, break_off(at))
    after = state_of(runner.backbone)
    assert all(torch.equal(after[key], before[key]) for key in before)
    assert not any(x.requires_grad for x in runner.backbone.model.parameters())


@pytest.mark.parametrize("name", HOOKED)
def test_what_was_trained_predicts_the_same_when_loaded(
    name: str, runner: TrialRunner, outcomes: dict[str, Outcome]
) -> None:
    outcome, data = outcomes[name], runner.encoded("validation")
    again = decide(runner.spec.task.kind, runner.predict(HOOKED[name], outcome.tensors, data))
    assert (again == outcome.predictions).all()


@pytest.mark.parametrize("name", HOOKED)
def test_it_holds_no_more_than_was_claimed(
    name: str, runner: TrialRunner, outcomes: dict[str, Outcome]
) -> None:
    anatomy, heads = runner.backbone.anatomy, runner.backbone.heads
    own = {k: x for k, x in outcomes[name].tensors.items() if not k.startswith(heads)}
    held = sum(x.nbytes for x in own.values())
    claimed = adapter_bytes(HOOKED[name], anatomy)
    if name == "adalora":
        told = outcomes[name].provenance["hooks"][name]
        assert 4 * told["parameters"] == held <= claimed
        largest = max(x.inputs + x.outputs + 1 for x in anatomy.linears.values())
        assert claimed - held < 4 * largest
    else:
        assert held == claimed


@pytest.mark.parametrize(("index", "at"), list(enumerate(AT)))
@pytest.mark.parametrize("name", HOOKED)
def test_a_resumed_training_is_bit_equal(
    name: str,
    index: int,
    at: int,
    runner: TrialRunner,
    outcomes: dict[str, Outcome],
    rungs: dict[str, list[Memory]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("peftsearch.workers.training.rungs.rung_steps", lambda steps: (at,))
    again = runner.evaluate(HOOKED[name], SEED, keeper=rungs[name][index])
    assert again.provenance["resumed_step"] == at
    assert_equal(again, outcomes[name])


@pytest.mark.parametrize("name", HOOKED)
def test_untrained_it_predicts_as_the_model_does(name: str, runner: TrialRunner) -> None:
    backbone, data = runner.backbone, runner.encoded("validation").head(8)
    batch = data.batch(range(8))
    with torch.no_grad():
        attachment = attach(backbone, Configuration((Stratum(0, LAYERS),), 1e-3), SEED)
        bare = backbone.model(**batch).logits
        attachment.detach()
        attachment = attach(backbone, HOOKED[name], SEED)
        try:
            torch.testing.assert_close(backbone.model(**batch).logits, bare)
            assert attachment.size == trainable_parameters(HOOKED[name], backbone.anatomy)
        finally:
            attachment.detach()


def test_spiel_drops_and_grows(runner: TrialRunner, outcomes: dict[str, Outcome]) -> None:
    moved = outcomes["spiel"].provenance["hooks"]["spiel"]["moved"]
    assert len(moved) == 2  # after 5 and after 25 of 42 steps
    assert moved[0] > moved[1] > 0
    still = attach(runner.backbone, HOOKED["spiel"], SEED)
    began = still.tensors()
    still.detach()
    places = [k for k in began if k.endswith("entries")]
    ended = outcomes["spiel"].tensors
    assert any(not torch.equal(began[k], ended[k]) for k in places)
    assert all(torch.equal(ended[k], torch.unique(ended[k])) for k in places)


def test_entries_of_one_matrix_may_be_more_than_of_another(outcomes: dict[str, Outcome]) -> None:
    """LT-SFT chooses in all linears of a module together."""
    entries = outcomes["lt_sft"].provenance["hooks"]["lt_sft"]["entries"]
    alike = {k: n for k, n in entries.items() if k.endswith(("query", "value"))}
    assert len(set(alike.values())) > 1


def test_ranks_move_between_linears(outcomes: dict[str, Outcome]) -> None:
    ranks = outcomes["adalora"].provenance["hooks"]["adalora"]["ranks"]
    assert len(set(ranks.values())) > 1
    assert max(ranks.values()) <= 3


def test_phases_of_another_technique_change_no_ranks(runner: TrialRunner) -> None:
    both = (Module("adalora", 2, ("query", "value")), Module("lt_sft", 20, ("mlp_out",)))
    made = Configuration((Stratum(0, 1), Stratum(1, LAYERS, both)), 5e-3)
    ranks = runner.evaluate(made, SEED).provenance["hooks"]["adalora"]["ranks"]
    assert max(ranks.values()) <= 3


def test_nothing_moves_that_would_not_be_trained(tmp_path: Path, folders: dict[str, Path]) -> None:
    short = open_runner(tmp_path, folders["bert"], epochs=5 / 14)
    told = short.evaluate(HOOKED["spiel"], SEED).provenance.get("hooks", {})
    assert told.get("spiel", {}).get("moved", []) == []


def test_two_rates_of_one_technique_are_both_trained(runner: TrialRunner) -> None:
    """LT-SFT's first phase lends the matrices of each."""
    slow = Module("lt_sft", 20, ROLES, 0.5)
    made = Configuration((Stratum(0, 1, (slow,)), *on_all("lt_sft", 20).strata[1:]), 5e-3)
    entries = runner.evaluate(made, SEED).provenance["hooks"]["lt_sft"]["entries"]
    anatomy = runner.backbone.anatomy
    assert len(entries) == len(ROLES) * LAYERS
    assert sum(entries.values()) == trainable_parameters(made, anatomy)


def test_an_effect_of_nothing_is_a_plain_training(
    runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SpIEL that never moves an entry trains those that were drawn, as its plain sibling."""
    monkeypatch.setattr("peftsearch.workers.hooks.spiel.COLLECTED", 0)
    still = runner.evaluate(on_all("spiel", 20), SEED)
    plain = runner.evaluate(on_all("sparse_random", 20), SEED)
    assert all(torch.equal(still.tensors[k], x) for k, x in plain.tensors.items())
