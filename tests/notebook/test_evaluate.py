"""Trainings of the user's own, searched by the engine and kept as any trial."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

import peftsearch
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.built_in import check_built_in
from peftsearch.workers.processes.function_runner import read_measurements
from peftsearch.workers.processes.own_training import Candidate
from peftsearch.workers.runtime.quiet import quiet_peft
from tests.specs import make_spec

from .rows import QUICK, make_model, make_rows

TASK = {key: QUICK[key] for key in ("task", "training")}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("base"))


def call(base: Path, folder: Path, evaluate: Any, **changes: Any) -> Any:
    rows, place = make_rows(folder), {"storage": str(folder / "jobs.db"), "device": "cpu"}
    wanted: dict[str, Any] = {"train": rows, "model": base, "trials": 3, "progress": False}
    return peftsearch.search(**{**place, **wanted, **TASK, **changes}, evaluate=evaluate)


def encode(candidate: Candidate, split: Any) -> list[dict[str, Any]]:
    rows = zip(split.texts, split.labels, strict=True)
    return [{**candidate.tokenizer(*texts), "labels": label} for texts, label in rows]


def train_and_score(candidate: Candidate, model: Any, folder: Path) -> float:
    """By the `Trainer` of `transformers`."""
    arguments = TrainingArguments(
        output_dir=str(folder / "trainer"),
        max_steps=4,
        per_device_train_batch_size=candidate.regime.batch_size,
        learning_rate=candidate.learning_rate,
        seed=candidate.seed,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=encode(candidate, candidate.train),
        data_collator=DataCollatorWithPadding(candidate.tokenizer),
    )
    trainer.train()
    held = encode(candidate, candidate.validation)
    found = trainer.predict(held)  # type: ignore[arg-type]
    right = np.argmax(found.predictions, -1) == np.array(candidate.validation.labels)
    return float(right.mean())


def test_a_trainer_is_searched_and_its_adapters_are_kept(model: Path, tmp_path: Path) -> None:
    seen: list[Candidate] = []

    def by_trainer(candidate: Candidate) -> Mapping[str, float]:
        seen.append(candidate)
        wrapped = candidate.wrap()
        before = {x: y.detach().clone() for x, y in wrapped.named_parameters()}
        accuracy = train_and_score(candidate, wrapped, tmp_path)
        for name, parameter in wrapped.named_parameters():
            same = torch.equal(parameter, before[name])
            assert parameter.requires_grad or same, name
        return {"accuracy": accuracy, "log_loss": 0.5, "trainable_parameters": 7.0}

    result = call(model, tmp_path, by_trainer)
    assert [x.state for x in result.trials] == [TrialState.COMPLETED] * 3
    assert result.job.spec.training.function == by_trainer.__qualname__
    assert len(seen) == 3 and [x.seed for x in seen] == [x.seed for x in result.trials]
    for trial, candidate in zip(result.trials, seen, strict=True):
        # Costs that are known are those that are counted, whatever the function says.
        costs = result.job.spec.count_costs(candidate.configuration)
        assert costs["trainable_parameters"] != 7.0
        assert {x: trial.measurements[x] for x in costs} == costs
        assert trial.measurements["log_loss"] == 0.5
        assert trial.measurements["training_seconds"] > 0
        assert trial.provenance["function"]["name"] == by_trainer.__qualname__
        assert len(trial.provenance["function"]["sha256"]) == 64
    assert result.floors and len(result.front) >= 1
    again = call(model, tmp_path, by_trainer, trials=4)
    assert again.job.id == result.job.id and len(seen) == 4
    report = again.export(tmp_path / "adapter", pick="trial 1")
    assert report.rows > 0 and report.difference < 1e-4
    card = (tmp_path / "adapter" / "README.md").read_text()
    assert f"The function `{by_trainer.__qualname__}` of a Python program" in card


def test_a_peft_model_and_one_of_the_callers_own_are_trained_too(
    model: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification

    told: list[str] = []

    def by_peft(candidate: Candidate) -> float:
        base = AutoModelForSequenceClassification.from_pretrained(model)
        try:
            config = candidate.to_peft()
            with quiet_peft():
                wrapped = peft.get_peft_model(base, config)
            told.append(str(wrapped.peft_type))
        except peftsearch.UserError as error:
            told.append(str(error))
            wrapped = candidate.wrap(base)
        candidate.step(1, 2)
        return train_and_score(candidate, wrapped, tmp_path)

    result = call(model, tmp_path, by_peft, space={"preset": "lora"})
    assert [x.message for x in result.trials] == [None] * 3
    assert told[0].startswith("expected a configuration that `peft` has; got one of ")
    assert any("LORA" in x for x in told[1:])
    (kept,) = [x.number for x in result.trials if x.adapter is not None]
    assert kept == 0  # the linear probe, which was wrapped
    with pytest.raises(peftsearch.NotFoundError, match="a trial whose adapter was kept"):
        result.export(tmp_path / "adapter", pick="trial 1")


def test_groups_have_a_rate_for_each_technique(model: Path, tmp_path: Path) -> None:
    rates: list[list[float]] = []

    def measure(candidate: Candidate) -> float:
        with pytest.raises(peftsearch.UserError, match="call wrap"):
            candidate.parameter_groups()
        wrapped = candidate.wrap()
        groups = candidate.parameter_groups(weight_decay=0.1)
        trained = [x for x in wrapped.parameters() if x.requires_grad]
        assert sum(len(x["params"]) for x in groups) == len(trained)
        rates.append(sorted({x["lr"] for x in groups}))
        torch.optim.AdamW(groups).step()
        return 0.5

    call(model, tmp_path, measure)
    assert len(rates) == 3 and len(rates[0]) == 1 and any(len(x) > 1 for x in rates)


def test_what_a_function_raises_is_a_failed_trial(model: Path, tmp_path: Path) -> None:
    def fragile(candidate: Candidate) -> Any:
        if candidate.configuration.frozen:
            return {"accuracy": 0.6}
        raise RuntimeError("no more <b>luck</b>")

    result = call(model, tmp_path, fragile)
    failed = [x for x in result.trials if x.state is TrialState.FAILED]
    assert len(failed) == 2 and failed[0].failure is FailureKind.BUG
    assert failed[0].message == "RuntimeError: no more <b>luck</b>"
    assert "<b>luck" not in result._repr_html_() and "&lt;b&gt;luck" in result._repr_html_()


def test_an_interrupted_function_is_called_again(model: Path, tmp_path: Path) -> None:
    calls: list[str] = []

    def tired(candidate: Candidate) -> float:
        calls.append(candidate.configuration.key)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return 0.5 + 0.1 * len(calls)

    with pytest.raises(KeyboardInterrupt, match="stopped with 1 trial done"):
        call(model, tmp_path, tired)
    result = call(model, tmp_path, tired)
    assert [x.state for x in result.trials] == [TrialState.COMPLETED] * 3
    assert len(calls) == 4 and calls[1] == calls[2]


SPEC = make_spec(objectives={"bounds": ["f1_macro >= 0.5"]})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            None,
            "accuracy, or a mapping of measurements; got NoneType; return it from the function",
        ),
        ({"accuracy": 0.5}, "a measurement of f1_macro; got only accuracy"),
        ({"f1_macro": 0.5}, "a measurement of accuracy; got only f1_macro"),
        ({"accuracy": float("nan")}, "a finite number as accuracy; got nan"),
        ({"accuracy": "high"}, "a finite number as accuracy; got 'high'"),
        ({"acuracy": 0.5, "f1_macro": 0.5}, "acuracy"),
    ],
)
def test_measurements_are_checked_in_one_line(given: Any, told: str) -> None:
    with pytest.raises(peftsearch.UserError) as refused:
        read_measurements(given, SPEC)
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_measurements_are_read() -> None:
    given = {"accuracy": np.float32(0.5), "F1 macro": 1, "validation_rows": 80}
    assert read_measurements(given | {"macro F1": 1}, SPEC)[1] == {"validation_rows": 80}
    assert read_measurements(0.5, make_spec()) == ({"accuracy": 0.5}, {})


def spec_of(folder: Path) -> JobSpec:
    with Store.open(f"sqlite:///{folder / 'jobs.db'}") as store:
        return store.jobs()[0].spec


def test_nobody_else_trains_such_a_job(model: Path, tmp_path: Path) -> None:
    def half(candidate: Candidate) -> float:
        return 0.5

    first = call(model, tmp_path, half, trials=1, name="mine")
    with pytest.raises(peftsearch.UserError, match="which the function '.*half' of a Python"):
        check_built_in(spec_of(tmp_path))
    with pytest.raises(peftsearch.UserError, match="evaluate=.* there again"):
        first.confirm("best", "cpu", progress=False)
    with pytest.raises(peftsearch.UserError, match="evaluate=.* there again"):
        peftsearch.search(first.job.spec, first.storage, progress=False)
    with pytest.raises(peftsearch.Conflict, match="training.function"):
        call(model, tmp_path, None, trials=2, name="mine")


@pytest.mark.parametrize(
    ("evaluate", "changes", "told"),
    [
        ("train", {}, "a function of one configuration as evaluate=; got str"),
        (lambda candidate: 0.5, {"task": {"folds": 3}}, "no folds beside evaluate=; got 3 folds"),
    ],
)
def test_what_cannot_be_is_refused_before_a_job_is_made(
    evaluate: Any, changes: dict[str, Any], told: str, model: Path, tmp_path: Path
) -> None:
    with pytest.raises(peftsearch.UserError) as refused:
        call(model, tmp_path, evaluate, **changes)
    assert told in str(refused.value)
    assert not (tmp_path / "jobs.db").exists()
