"""Every kind of task from a file to measurements, on tiny models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.workers.batches.encoding import note_cuts
from peftsearch.workers.models.backbone import load_backbone
from peftsearch.workers.training.metrics import score
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.rows import Row, make_choices, make_rows, write_rows
from tests.workers.tiny import complete, spec_on, state_of

Open = Callable[..., TrialRunner]


def make_images() -> list[Row]:
    """Bright and dark squares."""
    rows = []
    for i in range(128):
        level, noise = (0.9, 0.1)[i % 2], 0.001 * i
        rows.append({"image": [[level + noise / 20] * 8] * 7 + [[noise] * 8], "label": i % 2})
    return rows


@pytest.fixture(scope="module")
def open_bench(tmp_path_factory: pytest.TempPathFactory) -> Open:
    root = tmp_path_factory.mktemp("tasks")

    def opened(
        family: str, kind: str, rows: list[Row], epochs: float = 4, **task: Any
    ) -> TrialRunner:
        folder = root / f"{family}-{kind}"
        if not folder.exists():
            save_model(folder, family, kind=kind)
        file = write_rows(root / f"{kind}.jsonl", rows)
        spec = spec_on(
            folder,
            task={"train": str(file), "kind": kind} | task,
            training={"batch_size": 8, "epochs": epochs, "precision": "float32"},
        )
        return TrialRunner.open(complete(spec), "cpu")

    return opened


def probe(runner: TrialRunner) -> Configuration:
    return Configuration((Stratum(0, runner.spec.anatomy.layers),), 1e-3)


def lora(runner: TrialRunner, rate: float = 1e-2) -> Configuration:
    anatomy = runner.spec.anatomy
    modules = (Module("lora", 8, tuple(anatomy.linears)),)
    return Configuration((Stratum(0, anatomy.layers, modules),), rate)


@pytest.mark.parametrize(
    ("family", "kind"), [("llama", "causal_lm"), ("t5", "seq2seq"), ("qwen3", "causal_lm")]
)
def test_language_models_learn_to_answer(open_bench: Open, family: str, kind: str) -> None:
    runner = open_bench(family, kind, make_rows(), metric="exact_match")
    before = state_of(runner.backbone)
    steps: list[tuple[int, int]] = []
    first = runner.evaluate(probe(runner), 0)
    outcome = runner.evaluate(lora(runner), 0, lambda done, total: steps.append((done, total)))
    assert runner.backbone.heads == ()
    assert set(KINDS[kind].qualities) < set(outcome.measurements)
    assert outcome.measurements["loss"] < first.measurements["loss"] / 2
    assert outcome.measurements["exact_match"] == 1.0
    assert first.measurements["exact_match"] < 0.5
    assert steps[-1] == (len(steps), len(steps))
    after = runner.backbone.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_probe_of_a_language_model_trains_nothing(open_bench: Open) -> None:
    runner = open_bench("llama", "causal_lm", make_rows())
    steps: list[int] = []
    outcome = runner.evaluate(probe(runner), 0, lambda done, total: steps.append(total))
    assert outcome.tensors == {}
    assert outcome.measurements["training_seconds"] == 0.0
    assert outcome.measurements["trainable_parameters"] == 0.0
    assert set(steps) == {1}
    assert runner.provenance(0)["head_parameters"] == 0
    again = runner.evaluate(probe(runner), 9)
    assert again.measurements["loss"] == outcome.measurements["loss"]


@pytest.mark.parametrize(("family", "kind"), [("llama", "causal_lm"), ("t5", "seq2seq")])
def test_loss_is_the_mean_over_tokens_and_comes_again_from_its_rows(
    open_bench: Open, family: str, kind: str
) -> None:
    rows = [
        row | {"response": row["response"] + " very" * (i % 7)}
        for i, row in enumerate(make_rows())
    ]
    runner = open_bench(family, kind, rows)
    outcome = runner.evaluate(probe(runner), 0)
    data, model = runner.encoded("validation"), runner.backbone.model
    sums, counts = [], []
    for i in range(len(data)):
        batch = data.batch([i])
        with torch.no_grad():
            mean = float(model(**batch).loss)
        counts.append(int(data.labels[i]))
        sums.append(mean * counts[-1])
    np.testing.assert_allclose(outcome.predictions, sums, rtol=1e-4)
    assert outcome.references.tolist() == counts
    assert len(set(counts)) > 1
    loss = sum(sums) / sum(counts)
    assert outcome.measurements["loss"] == pytest.approx(loss, rel=1e-4)
    scores = score(runner.spec.task.kind, outcome.predictions, outcome.references)
    assert scores["loss"] == pytest.approx(loss, rel=1e-4)
    assert scores["perplexity"] == pytest.approx(np.exp(loss), rel=1e-3)


def test_saved_adapter_of_a_language_model_gives_the_same_likelihoods(open_bench: Open) -> None:
    runner = open_bench("llama", "causal_lm", make_rows(), epochs=1)
    outcome = runner.evaluate(lora(runner), 0)
    data = runner.encoded("validation")
    again = runner.predict(lora(runner), outcome.tensors, data)
    np.testing.assert_allclose(again[:, 0], outcome.predictions, rtol=1e-6)
    assert outcome.measurements["loss"] < 3.0


def count_tokens(runner: TrialRunner) -> float:
    """Mean tokens of a training example."""
    data = runner.encoded("train")
    sides = data.sides(runner.backbone.model.config.to_dict())
    return data.choices * sum(side[0] for side in sides) / len(sides)


def test_messages_are_a_task_too(open_bench: Open) -> None:
    roles = ("user", "assistant")
    rows = [
        {"messages": [{"role": r, "content": x} for r, x in zip(roles, row.values(), strict=True)]}
        for row in make_rows()
    ]
    runner = open_bench("llama", "causal_lm", rows, messages="messages", metric="exact_match")
    assert runner.evaluate(lora(runner), 0).measurements["exact_match"] == 1.0


def test_cut_rows_are_noted(open_bench: Open) -> None:
    rows = make_rows()
    rows = [row | {"prompt": "very " * 20 + row["prompt"]} for row in rows]
    runner = open_bench("llama", "causal_lm", rows, max_length=8)
    splits = ("train", "validation")
    notes = [note_cuts(runner.spec.task, name, runner.encoded(name)) for name in splits]
    assert (runner.data.notes, [len(found) for found in notes]) == ((), [1, 1])
    assert "train rows (100.0%) are longer than max_length = 8" in notes[0][0]
    told = runner.prepare().preparation.notes
    assert [note for note in told if "max_length = 8" in note] == list(runner.notes())
    assert len(runner.notes()) == 2


def test_multiple_choice(open_bench: Open) -> None:
    runner = open_bench("bert", "multiple_choice", make_choices())
    assert runner.backbone.heads == ("classifier",)
    batch = runner.encoded("train").batch([0, 1, 2])
    assert batch["input_ids"].shape[:2] == (3, 2)
    outcome = runner.evaluate(lora(runner, 5e-3), 0)
    assert set(KINDS["multiple_choice"].qualities) < set(outcome.measurements)
    assert outcome.measurements["accuracy"] == np.mean(outcome.predictions == outcome.references)
    assert outcome.measurements["accuracy"] > 0.9
    assert set(outcome.references.tolist()) == {0, 1}
    lengths = runner.encoded("train").lengths
    assert count_tokens(runner) == 2 * sum(lengths) / len(lengths)


def test_second_column_begins_each_choice(open_bench: Open) -> None:
    rows = [
        {"a": row["prompt"], "b": "the film", "c": "good", "d": "very bad", "label": i % 2}
        for i, row in enumerate(make_rows())
    ]
    runner = open_bench("bert", "multiple_choice", rows, text=["a", "b"], choices=["c", "d"])
    first = runner.encoded("train").batch([0])["input_ids"][0]
    texts = [runner.backbone.tokenizer.decode(x, skip_special_tokens=True) for x in first]
    assert texts[0].endswith("the film good")
    assert texts[1].endswith("the film very bad")


def test_images(open_bench: Open) -> None:
    runner = open_bench("vit", "image_classification", make_images())
    outcome = runner.evaluate(lora(runner, 5e-3), 0)
    assert set(KINDS["image_classification"].qualities) < set(outcome.measurements)
    assert outcome.measurements["accuracy"] > 0.9
    assert runner.data.label_names == ["0", "1"]
    assert count_tokens(runner) == 5  # of 2 x 2 patches and the class token


def test_folder_of_images(open_bench: Open, tmp_path: Path) -> None:
    for i in range(64):
        folder = tmp_path / ("dark", "bright")[i % 2]
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (10, 8), (30 + i + 100 * (i % 2),) * 3).save(folder / f"{i}.png")
    runner = open_bench("vit", "image_classification", make_images(), train=str(tmp_path))
    assert runner.data.label_names == ["bright", "dark"]
    assert runner.encoded("train").batch([0, 1])["pixel_values"].shape == (2, 3, 16, 16)


def test_text_classification_by_an_encoder_decoder(open_bench: Open) -> None:
    rows = [{"text": row["prompt"], "label": row["response"]} for row in make_rows()]
    runner = open_bench("t5", "classification", rows)
    assert runner.backbone.heads == ("classification_head",)
    assert runner.evaluate(lora(runner), 0).measurements["accuracy"] > 0.9


def test_checkpoint_without_a_language_head(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "llama")
    spec = spec_on(folder, task={"train": "x.jsonl", "kind": "causal_lm"})
    with pytest.raises(UserError, match=r"none for lm_head.weight; use a checkpoint that was"):
        load_backbone(spec, 1, "cpu")


def test_tied_language_head_is_not_missing(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "llama", kind="causal_lm", tie_word_embeddings=True)
    spec = spec_on(folder, task={"train": "x.jsonl", "kind": "causal_lm"})
    assert load_backbone(spec, 1, "cpu").heads == ()


def test_model_that_cannot_do_the_task(folders: dict[str, Path]) -> None:
    for family, kind in (("bert", "causal_lm"), ("llama", "multiple_choice")):
        spec = spec_on(folders[family], task={"train": "x.jsonl", "kind": kind})
        with pytest.raises(UserError, match=f"a kind of task that {family} can do"):
            load_backbone(spec, 1, "cpu")


def test_described_model_that_transformers_cannot_load_for_the_task(
    folders: dict[str, Path],
) -> None:
    anatomy = complete(spec_on(folders["llama"])).anatomy.model_dump()
    model = {"path": str(folders["llama"]), "anatomy": anatomy | {"family": "mine"}}
    spec = spec_on("", model=model, task={"train": "x.jsonl", "kind": "multiple_choice"})
    with pytest.raises(UserError, match="AutoModelForMultipleChoice of transformers can load"):
        load_backbone(spec, 1, "cpu")
