"""Prompts that an encoder beside the model makes from each text."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from peftsearch.errors import UserError
from peftsearch.records.trial import ENCODER
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import export_bytes, trainable_parameters
from peftsearch.spaces.configurations.training_flops import training_flops
from peftsearch.spaces.configurations.training_memory import training_memory
from peftsearch.spaces.techniques.prompt_formulas import lopa
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.files.adapter_files import write_adapter
from peftsearch.workers.models.locations import hash_files_beside, weight_files
from peftsearch.workers.models.reader import PREFIX
from peftsearch.workers.processes.own_training import Candidate
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.provenance import name_encoder
from peftsearch.workers.training.rungs import identify
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.encoders import LOPA, WIDTH, open_reading, save_encoder
from tests.workers.rows import make_choices, write_rows
from tests.workers.runners import LORA, write_texts
from tests.workers.training.kernels import KERNELS


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> TrialRunner:
    return open_reading(tmp_path_factory.mktemp("reading"))


def predict(runner: TrialRunner, tensors: Any, count: int = 8) -> torch.Tensor:
    return runner.predict(LOPA, tensors, runner.encoded("validation").head(count))


def shaken(runner: TrialRunner) -> dict[str, torch.Tensor]:
    """Tensors of an adapter whose prompts differ by text."""
    attachment = attach(runner.backbone, LOPA, 3)
    try:
        found = attachment.tensors()
    finally:
        attachment.detach()
    generator = torch.Generator().manual_seed(1)
    return {
        name: x + 0.3 * torch.randn(x.shape, generator=generator)
        if "virtual_tokens" in name
        else x
        for name, x in found.items()
    }


def test_rows_hold_what_the_encoder_s_own_tokenizer_gives(runner: TrialRunner) -> None:
    reader = runner.backbone.reader
    assert reader is not None
    rows, texts = runner.encoded("train"), [x for (x,) in runner.data.train.texts]
    batch = rows.batch([3, 4])
    own = reader.tokenizer(texts[3:5])["input_ids"]
    assert batch[f"{PREFIX}input_ids"].tolist() == own
    assert batch["input_ids"].tolist() != own


def test_the_size_is_the_formula_of_the_encoder_s_width(
    runner: TrialRunner, tmp_path: Path
) -> None:
    anatomy, d = runner.describe(), runner.backbone.anatomy.hidden
    expected = 2 * (WIDTH * 64 + 64) + 65 * 2 * (4 + d) + 4 * d
    assert lopa(d, 4, WIDTH) == trainable_parameters(LOPA, anatomy) == expected != lopa(d, 4)
    attachment = attach(runner.backbone, LOPA, 0)
    try:
        assert attachment.size == expected
        write_adapter(tmp_path, LOPA, attachment.tensors(), {})
    finally:
        attachment.detach()
    assert (tmp_path / "adapter.safetensors").stat().st_size == export_bytes(LOPA, anatomy)


def test_a_model_without_such_a_prompt_sees_nothing_of_the_encoder(runner: TrialRunner) -> None:
    batch = runner.encoded("validation").batch(range(6))
    alone = {name: x for name, x in batch.items() if not name.startswith(PREFIX)}
    with torch.no_grad():
        model = runner.backbone.model
        assert torch.equal(model(**batch).logits, model(**alone).logits)


def test_a_call_without_its_inputs_says_which(runner: TrialRunner) -> None:
    batch = runner.encoded("validation").batch(range(6))
    alone = {name: x for name, x in batch.items() if not name.startswith(PREFIX)}
    attachment = attach(runner.backbone, LOPA, 0)
    try:
        with pytest.raises(UserError, match="reader_input_ids"):
            runner.backbone.model(**alone)
    finally:
        attachment.detach()


def test_what_it_reads_decides_and_padding_does_not(runner: TrialRunner) -> None:
    tensors, rows = shaken(runner), runner.encoded("validation")
    attachment = attach(runner.backbone, LOPA, 0)
    model = runner.backbone.model
    try:
        attachment.load(tensors)
        batch = rows.batch([0, 1])
        ids, mask = f"{PREFIX}input_ids", f"{PREFIX}attention_mask"
        other = batch | {ids: batch[ids].roll(1, 0), mask: batch[mask].roll(1, 0)}
        padded = batch | {
            ids: torch.nn.functional.pad(batch[ids], (0, 3), value=5),
            mask: torch.nn.functional.pad(batch[mask], (0, 3)),
        }
        with torch.no_grad():
            found = [model(**x).logits for x in (batch, other, padded)]
    finally:
        attachment.detach()
    assert not torch.allclose(found[0], found[1], atol=1e-4)
    assert torch.allclose(found[0], found[2], atol=1e-5)


def test_a_training_ends_bit_equal_and_says_by_which_encoder(runner: TrialRunner) -> None:
    reader = runner.backbone.reader
    assert reader is not None
    before = {name: x.clone() for name, x in reader.model.state_dict().items()}
    one, two = runner.evaluate(LOPA, 5), runner.evaluate(LOPA, 5)
    assert all(torch.equal(x, two.tensors[name]) for name, x in one.tensors.items())
    files = {x.name: sha256(x.read_bytes()).hexdigest() for x in weight_files(reader.folder)}
    told = {"path": str(reader.folder), "sha256": reader.sha256, "files": files}
    told |= {"files_beside": hash_files_beside(reader.folder)}
    assert one.provenance[ENCODER] == told and files
    assert ENCODER not in runner.evaluate(LORA, 5).provenance
    after = reader.model.state_dict()
    assert all(torch.equal(x, after[name]) for name, x in before.items())


def test_another_encoder_is_another_prompt(runner: TrialRunner, tmp_path: Path) -> None:
    tensors = shaken(runner)
    other = open_reading(tmp_path)  # of other random weights, on another model: take its encoder
    assert other.backbone.reader is not None and runner.backbone.reader is not None
    first = predict(runner, tensors)
    kept, runner.backbone.reader.model = runner.backbone.reader.model, other.backbone.reader.model
    try:
        torch.nn.init.normal_(other.backbone.reader.model.embeddings.word_embeddings.weight)
        assert not torch.allclose(first, predict(runner, tensors), atol=1e-5)
    finally:
        runner.backbone.reader.model = kept


def claims(runner: TrialRunner, configuration: Configuration) -> float:
    return training_flops(configuration, runner.describe())


def test_its_operations_are_counted_as_they_are_computed(tmp_path: Path) -> None:
    """One step of one batch."""
    runner = open_reading(tmp_path, training={"batch_size": 8, "epochs": 8 / 112})
    rows, counter = runner.encoded("train"), FlopCounterMode(display=False, custom_mapping=KERNELS)
    attachment = attach(runner.backbone, LOPA, 0)
    try:
        with counter:
            runner.backbone.model(**rows.batch(range(8))).loss.backward()
    finally:
        attachment.detach()
    workload = runner.describe().workload
    assert workload is not None and workload.steps == 1
    assert claims(runner, LOPA) == pytest.approx(counter.get_total_flops(), rel=0.01)
    plain = runner.describe().model_copy(update={"encoder": None})
    assert training_flops(LOPA, plain) < 0.95 * claims(runner, LOPA)
    assert training_flops(LORA, plain) == claims(runner, LORA)


def test_its_weights_are_in_the_memory_of_a_training(runner: TrialRunner) -> None:
    anatomy, reader = runner.describe(), runner.backbone.reader
    assert reader is not None
    held = sum(x.nbytes for x in [*reader.model.parameters(), *reader.model.buffers()])
    plain = anatomy.model_copy(update={"encoder": None})
    assert training_memory(LORA, anatomy) - training_memory(LORA, plain) == held


def test_each_choice_has_a_prompt_of_its_own(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", make_choices())
    task = {"train": str(rows), "kind": "multiple_choice"}
    runner = open_reading(tmp_path, task=task)
    tensors, attachment = shaken(runner), attach(runner.backbone, LOPA, 0)
    try:
        attachment.load(tensors)
        batch = runner.encoded("validation").batch([0, 1])
        assert batch[f"{PREFIX}input_ids"].shape[:2] == (2, 2)
        labels = batch.pop("labels")
        with torch.no_grad():
            together = runner.backbone.model(**batch).logits
            alone = [
                runner.backbone.model(**{k: x[:, i : i + 1] for k, x in batch.items()}).logits
                for i in range(2)
            ]
    finally:
        attachment.detach()
    assert len(labels) == 2 and torch.allclose(together, torch.cat(alone, dim=1), atol=1e-5)


@pytest.mark.parametrize("family", ["roberta", "llama"])
def test_models_of_other_families_are_read_for_too(family: str, tmp_path: Path) -> None:
    runner = open_reading(tmp_path, family)
    found = runner.evaluate(LOPA, 1)
    again = runner.predict(LOPA, found.tensors, runner.encoded("validation"))
    assert torch.isfinite(again).all()


def test_an_encoder_that_reads_less_cuts_texts_for_itself(tmp_path: Path) -> None:
    save_encoder(tmp_path / "encoder", max_position_embeddings=4)
    runner = open_reading(tmp_path)
    batch = runner.encoded("train").batch([0])
    assert batch[f"{PREFIX}input_ids"].shape[1] == 4 < batch["input_ids"].shape[1]


def test_folds_and_measures_of_the_trained_model_ask_it_too(tmp_path: Path) -> None:
    (tmp_path / "reference.txt").write_text("\n".join(["the plot is very fine", "a film"] * 8))
    named = ["latency_ratio", "feature_drift", "membership_auc"]
    runner = open_reading(
        tmp_path,
        task={"train": str(write_texts(tmp_path / "data.csv")), "folds": 2},
        training={"batch_size": 16, "epochs": 1, "precision": "float32"},
        objectives={"also": named, "reference": "reference.txt"},
    )
    found = runner.evaluate(LOPA, 1).measurements
    assert found["latency_ratio"] > 1 and found["feature_drift"] > 0
    assert 0 <= found["membership_auc"] <= 1


def test_a_function_that_trains_by_itself_wraps_a_copy(tmp_path: Path) -> None:
    runner = open_reading(tmp_path)
    candidate = Candidate(LOPA, 0, runner, Clock(0, lambda *_: None))
    model = candidate.wrap()
    batch = runner.encoded("train").batch(range(4))
    model(**batch).loss.backward()
    assert all(x.grad is not None for x in model.parameters() if x.requires_grad)


def test_a_rung_of_another_encoder_is_not_gone_on_from(tmp_path: Path) -> None:
    """What a training depends on names the weights of the encoder."""
    runner = open_reading(tmp_path)
    one = name_encoder(LOPA, runner.backbone)
    save_encoder(tmp_path / "encoder", n_layers=1)
    two = name_encoder(LOPA, open_reading(tmp_path).backbone)
    assert identify(LOPA.to_json(), {}, one) != identify(LOPA.to_json(), {}, two)
    assert identify(LOPA.to_json(), {}, one) == identify(LOPA.to_json(), {}, dict(one))
