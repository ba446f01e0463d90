"""What stands in for frozen layers changes nothing but the time that a training takes."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.kinds.kind_table import KINDS, find_kind
from peftsearch.workers.adapters.attachment import attach_to
from peftsearch.workers.batches import encodings
from peftsearch.workers.models.stand_in import Unfit
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.training.kept_states import TOLD, Kept, Shelf, find_states
from peftsearch.workers.training.optimisation import compute_loss
from peftsearch.workers.training.row_states import RowStates, make_states
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import SIZES
from tests.workers.keepers import BrokenOff, Memory, break_off
from tests.workers.outcomes import TIMED, assert_equal
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.subjects import trace
from tests.workers.tiny import LAYERS
from tests.workers.training.exact_jobs import CASES, FORMS, RELAYING, on_top, open_job

SEED = 3


def step(job: OpenedJob, configuration: Configuration, kept: Kept) -> dict[str, torch.Tensor]:
    """Loss and gradients of one step on all rows."""
    backbone = job.backbone
    attachment = attach_to(backbone.model, backbone.anatomy, backbone.heads, configuration)
    draws = torch.Generator().manual_seed(1)
    for parameter in attachment.trained.values():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=draws)
    try:
        with kept.acting():
            rows = kept.beside(job.encoded("train"))
            loss = compute_loss(backbone, rows.batch(range(len(rows))), "float32")
            loss.backward()  # type: ignore[no-untyped-call]
        found = {k: x.grad.clone() for k, x in attachment.trained.items() if x.grad is not None}
        return {"loss": loss.detach(), **found}
    finally:
        attachment.detach()


@pytest.mark.parametrize(("family", "kind"), RELAYING)
def test_states_give_the_loss_and_gradients_of_the_whole_model(family: str, kind: str) -> None:
    hold_against_the_model(open_job(family, kind))


def test_a_convolution_beside_the_first_layer_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DeBERTa's: it reads the embeddings, which are 0 where there is padding."""
    monkeypatch.setattr(encodings, "EVALUATED", 2)
    job = open_job("deberta-v2", "classification", conv_kernel_size=3, conv_act="gelu")
    assert job.backbone.model.get_submodule("deberta.encoder.conv") is not None
    hold_against_the_model(job)


def hold_against_the_model(job: OpenedJob) -> None:
    before, layers = trace(job.backbone.model), job.backbone.anatomy.layers
    for first in range(1, layers + bool(job.backbone.heads)):
        configuration = on_top(job, first)
        kept = find_states(job, configuration, Shelf())
        assert kept.told == {TOLD: {"layers": first}}
        found, expected = step(job, configuration, kept), step(job, configuration, Kept())
        assert found.keys() == expected.keys()
        for name, x in expected.items():
            assert (found[name] - x).norm() <= 1e-5 * x.norm() + 1e-12, name
    assert trace(job.backbone.model) == before


def test_every_family_says_whether_its_layers_relay() -> None:
    relaying = {x for x in SIZES if FAMILIES[x].relays}
    assert relaying == {family for family, _ in RELAYING}
    assert {x.form for x in KINDS.own.values()} == {find_kind(x).form for x in FORMS}


@pytest.mark.parametrize(("family", "kind"), [x for x in CASES if x not in RELAYING])
def test_what_leaves_layers_beside_states_is_refused(family: str, kind: str) -> None:
    """By the table, and if that were wrong by what leaves the layer."""
    job = open_job(family, kind)
    assert find_states(job, on_top(job, 1), Shelf()) == Kept()
    with pytest.raises(Unfit):
        make_states(job, 1, lambda: None)


def test_states_are_made_by_no_more_rows_at_once_than_a_step_computes() -> None:
    """Of the smallest batches that are searched; those that are compared are no more either."""
    job, seen = open_job("bert", "classification"), list[int]()
    training = job.spec.training.model_copy(update={"batch_size": (4, 8), "accumulate": 2})
    job.spec = job.spec.model_copy(update={"training": training})
    embeddings = job.backbone.model.get_submodule("bert.embeddings")
    embeddings.register_forward_hook(lambda m, x, y: seen.append(len(y)))
    assert find_states(job, on_top(job, 1), Shelf()).states is not None
    assert max(seen) == 2


def test_states_that_the_model_makes_something_else_of_are_refused() -> None:
    """A last layer that reads a lower one: nothing is kept, and the provenance says why."""
    job, seen = open_job("bert", "classification"), list[torch.Tensor]()
    paths = ("0.intermediate", "2")
    lower, last = (job.backbone.model.get_submodule(f"bert.encoder.layer.{x}") for x in paths)
    lower.register_forward_hook(lambda m, x, y: seen.append(y[-1, 0, 0]))
    last.register_forward_hook(lambda m, x, y: y * seen[-1])
    seen.append(torch.tensor(0.0))
    found = find_states(job, on_top(job, 2), Shelf())
    assert found.states is None
    assert "something else" in found.told[TOLD]["refused"]


def _lora(first: int, rate: float = 5e-3) -> Configuration:
    modules = (Module("lora", 4, ("query", "value")),)
    return Configuration((Stratum(0, first), Stratum(first, LAYERS, modules)), rate)


def _open(tmp_path: Path, folders: dict[str, Path], **training: Any) -> TrialRunner:
    training = {"epochs": 1, "checkpoints": 3, "accumulate": 2, "dropout": 0.2} | training
    return open_runner(tmp_path, folders["bert"], **training)


def test_a_training_is_the_same_whoever_made_the_states(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    """Anew, by a former trial, after others made room, and on another worker after a break."""
    fresh = _open(tmp_path, folders).evaluate(_lora(2), SEED)
    assert fresh.provenance[TOLD] == {"layers": 2}
    runner, keeper = _open(tmp_path, folders), Memory()
    for configuration in (_lora(2, 1e-2), _lora(1), PROBE, LORA):
        runner.evaluate(configuration, SEED + 1)
    assert_equal(runner.evaluate(_lora(2), SEED), fresh)
    with pytest.raises(BrokenOff):
        runner.evaluate(_lora(2), SEED, break_off(7), keeper=keeper)
    resumed = _open(tmp_path, folders).evaluate(_lora(2), SEED, keeper=keeper)
    assert_equal(resumed, fresh)
    assert resumed.provenance["resumed_step"] > 0


@pytest.mark.parametrize("changes", [{}, {"gradient_checkpointing": True}])
def test_it_ends_as_one_of_the_whole_model(
    tmp_path: Path, folders: dict[str, Path], changes: dict[str, Any]
) -> None:
    found = _open(tmp_path, folders, **changes).evaluate(_lora(1), SEED)
    whole = _open(tmp_path, folders, kept_states_mb=0, **changes).evaluate(_lora(1), SEED)
    assert (found.provenance[TOLD], TOLD in whole.provenance) == ({"layers": 1}, False)
    for name, tensor in whole.tensors.items():
        torch.testing.assert_close(found.tensors[name], tensor, rtol=1e-3, atol=1e-5)
    assert (found.predictions == whole.predictions).all()
    for name in whole.measurements.keys() - TIMED:
        assert found.measurements[name] == pytest.approx(whole.measurements[name], rel=1e-4), name


def test_none_are_kept_without_room_use_or_a_frozen_layer(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    runner = _open(tmp_path, folders)

    def found(configuration: Configuration, folds: int = 1, **training: Any) -> bool:
        spec = runner.spec
        changed = {
            "training": spec.training.model_copy(update=training),
            "task": spec.task.model_copy(update={"folds": folds}),
        }
        job = replace(runner, spec=spec.model_copy(update=changed))
        return find_states(job, configuration, Shelf()).states is not None

    virtual = replace(_lora(2), input=Module("prompt", 4))
    assert (found(_lora(1)), found(PROBE)) == (True, True)
    assert not found(_lora(1), kept_states_mb=0)
    assert not found(_lora(1), epochs=0.5)
    assert found(_lora(1), kept_states_mb=1) and found(_lora(1), folds=20)
    assert found(_lora(1), folds=20, kept_states_mb=1, epochs=2)
    assert not found(_lora(1), folds=20, kept_states_mb=1)  # the next trial would find none
    assert not found(LORA)
    assert not found(virtual)


def test_experts_that_are_balanced_over_padding_too_pass_the_layers(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    """And nothing is made that nobody will use."""
    experts = Configuration(
        (Stratum(0, 2), Stratum(2, 3, (Module("lora_moe", 2, ("query",)),))), 1e-3
    )
    runner = _open(tmp_path, folders)
    outcome = runner.evaluate(experts, SEED)
    assert TOLD not in outcome.provenance
    assert runner.shelf == Shelf()


def test_the_oldest_make_room() -> None:
    shelf, made = Shelf(), list[str]()

    def ask(key: str) -> Kept:
        def make() -> RowStates:
            made.append(key)
            if key == "unfit":
                raise Unfit("nothing")
            return RowStates(torch.zeros(1, 1), [1], 1, cast(Any, type("Any", (), {"layers": []})))

        return shelf.find(key, 4, 8, make)

    for key in ("a", "b", "a", "c", "a", "b", "unfit", "unfit", "b", "a", "c", "unfit"):
        found = ask(key)
        assert (found.states is None) == (key == "unfit")
    assert made == ["a", "b", "c", "b", "unfit", "a", "c"]  # what was refused stays known
