"""The floors of language models, on tiny ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.training import language_baselines
from peftsearch.workers.training.language_baselines import (
    SHOTS,
    TRIED,
    ask_with_examples,
    choose_prompt,
)
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.rows import make_rows, write_rows
from tests.workers.tiny import complete, spec_on


def _open(folder: Path, family: str, kind: str, rows: Any = None, **task: Any) -> TrialRunner:
    folder.mkdir(exist_ok=True)
    data = write_rows(folder / "data.jsonl", rows or make_rows())
    model = save_model(folder / "model", family, kind=kind)
    given = {"train": str(data), "kind": kind} | task
    training = {"batch_size": 8, "epochs": 1, "precision": "float32"}
    return TrialRunner.open(
        complete(spec_on(model, task=given, head={}, training=training)), "cpu"
    )


@pytest.mark.parametrize(("family", "kind"), [("llama", "causal_lm"), ("t5", "seq2seq")])
def test_the_base_model_is_the_trial_without_an_adapter(
    family: str, kind: str, tmp_path: Path
) -> None:
    runner = _open(tmp_path, family, kind)
    base, *others = runner.prepare().preparation.floors
    assert (base.name, others) == ("base", [])
    assert base.standard_error is not None and base.standard_error > 0
    frozen = Configuration((Stratum(0, runner.spec.anatomy.layers),), 1e-3)
    outcome = runner.evaluate(frozen, 0)
    assert dict(base.measurements) == {
        name: pytest.approx(outcome.measurements[name]) for name in ("loss", "perplexity")
    }


def test_a_prompt_is_chosen_on_training_rows_that_it_does_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is asked nothing but training rows until the prompt is chosen."""
    runner = _open(tmp_path, "llama", "causal_lm", metric="exact_match")
    train, validation = runner.data.train, set(runner.data.validation.texts)
    asked: list[tuple[tuple[int, ...], list[Any]]] = []
    ask = language_baselines._ask

    def watch(job: OpenedJob, examples: Any, rows: Any, on_batch: Any) -> Any:
        asked.append((tuple(examples), list(rows.texts)))
        return ask(job, examples, rows, on_batch)

    monkeypatch.setattr(language_baselines, "_ask", watch)
    chosen = choose_prompt(runner, lambda: None)
    assert chosen is not None
    assert [len(examples) for examples, _ in asked] == [n for n in SHOTS for _ in range(2)]
    assert tuple(chosen.details["examples"]) in [examples for examples, _ in asked]
    for examples, texts in asked:
        assert len(texts) == TRIED
        assert not {train.texts[i] for i in examples} & set(texts)
        assert not validation & set(texts)
    assert choose_prompt(runner, lambda: None).details == chosen.details  # type: ignore[union-attr]


def test_the_best_prompt_is_taken_and_of_equals_the_shortest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = _open(tmp_path, "llama", "causal_lm", metric="exact_match")
    given: list[int] = []

    def answer(model: Any, tokenizer: Any, data: Any, *others: Any, **options: Any) -> list[str]:
        return list(data.responses) if given.pop(0) else [""] * len(data)

    monkeypatch.setattr(language_baselines, "generate", answer)
    for rights, shots in (([0, 0, 1, 1, 1, 0], 4), ([0] * 6, 2), ([0, 0, 0, 0, 0, 1], 8)):
        given += rights
        chosen = choose_prompt(runner, lambda: None)
        assert chosen is not None and len(chosen.details["examples"]) == shots
        assert f"1.00 with {shots}" in chosen.note or not any(rights)


def test_examples_stand_in_front_of_what_the_model_reads(tmp_path: Path) -> None:
    runner = _open(tmp_path, "llama", "causal_lm", metric="exact_match", max_length=12)
    train, (prompt,) = runner.data.train, runner.data.validation.texts[0]
    (example,) = train.texts[3]
    data = language_baselines._encode(runner, [3], runner.data.validation)
    text = runner.backbone.tokenizer.decode(data.prompts[0], skip_special_tokens=True)
    assert text.split() == f"{example} {train.labels[3]} {prompt}".split()
    assert data.cut == 0


def test_messages_and_their_template(tmp_path: Path) -> None:
    rows = [
        {
            "messages": [
                {"role": "user", "content": row["prompt"]},
                {"role": "assistant", "content": row["response"]},
            ]
        }
        for row in make_rows()
    ]
    runner = _open(tmp_path, "llama", "causal_lm", rows, messages="messages", metric="exact_match")
    names = [floor.name for floor in runner.prepare().preparation.floors]
    assert names == ["base", "few_shot"]
    runner.backbone.tokenizer.chat_template = (
        "{% if messages|length > 2 %}{{ raise_exception('one turn') }}{% endif %}"
        "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}"
        "{% if add_generation_prompt %}assistant {% endif %}"
    )
    assert choose_prompt(runner, lambda: None) is None


def test_few_rows_and_plain_texts_have_no_prompt(tmp_path: Path) -> None:
    few = _open(tmp_path / "few", "llama", "causal_lm", make_rows(40), metric="exact_match")
    assert [x.name for x in few.prepare().preparation.floors] == ["base"]
    rows = [{"text": row["prompt"]} for row in make_rows()]
    plain = _open(tmp_path / "plain", "llama", "causal_lm", rows, text="text")
    assert [x.name for x in plain.prepare().preparation.floors] == ["base"]


def test_a_model_that_answers_gets_the_few_shot_floor_it_earns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on with an example of its own, which is no part of the answer."""
    runner = _open(tmp_path, "llama", "causal_lm", metric="exact_match")

    def go_on(model: Any, tokenizer: Any, data: Any, *given: Any, **options: Any) -> list[str]:
        return [f"{x}\n\nthe film" if i % 4 else "x" for i, x in enumerate(data.responses)]

    monkeypatch.setattr(language_baselines, "generate", go_on)
    found = ask_with_examples(runner, [0, 1]).score("validation", lambda: None)
    assert found is not None
    n = len(runner.encoded("validation"))
    right = 1 - len(range(0, n, 4)) / n
    assert dict(found.measurements) == {"exact_match": pytest.approx(right)}
    assert np.array_equal(found.references, np.ones(n))
