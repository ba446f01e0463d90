"""Kept adapters on other data: scored as they are, entered in the ledger, trained never."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.records.estimates import estimate
from peftsearch.results.confirmations.carry import Carrier, carry_lines
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import hash_rows, load_other
from peftsearch.workers.files.adapter_files import load_adapter_files
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.families import save_model
from tests.workers.runners import LORA, write_texts
from tests.workers.tiny import complete, spec_on

from .trained import train


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_an_adapter_answers_other_rows_as_it_was_kept(
    new_sqlite: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    regression = kind == "regression"
    task = {"train": str(write_texts(tmp_path / "data.csv", regression)), "kind": kind}
    training = {"batch_size": 8, "epochs": 1, "precision": "float32"}
    spec = spec_on(save_model(tmp_path / "model", "bert"), task=task, training=training)
    runner = TrialRunner.open(complete(spec), "cpu")
    made = runner.prepare()
    runner.adopt(made)
    trial = replace(train(runner, LORA, tmp_path / "jobs" / "kept"), adapter="kept")
    data = str(write_texts(tmp_path / "other.csv", regression))
    other = load_other(runner.spec, data)
    told: list[str] = []
    with Store.open(new_sqlite()) as store:
        job = store.create_job(runner.spec)
        store.prepare(job.id, made.preparation, made.tensors)
        picked = estimate([trial])

        def refuse(*given: object, **named: object) -> None:
            raise AssertionError("nothing is trained")

        monkeypatch.setattr(TrialRunner, "evaluate", refuse)
        fresh = TrialRunner.open(runner.spec, "cpu")
        carrier = Carrier(store, job, fresh, told.append, root=tmp_path / "jobs")
        found = carrier.carry(picked, other)
        again = Carrier(store, job, TrialRunner.open(runner.spec, "cpu"), refuse, root=tmp_path)
        assert again.carry(picked, other) == found
        with pytest.raises(UserError, match="a configuration with a kept adapter"):
            again.carry(estimate([replace(trial, adapter=None)]), other)
        (entry,) = store.readings(hash_rows(other, runner.data.label_names))
    # All rows of the job, of which its validation rows are some, in whatever order.
    answers = dict(zip(other.texts, found.arms[0].runs[0].predictions, strict=True))
    kept = load_adapter_files(tmp_path / "jobs" / "kept")
    outcome = runner.score(LORA, kept.tensors, "validation")
    held = [answers[x] for x in runner.data.validation.texts]
    assert held == pytest.approx(outcome.predictions.tolist(), rel=1e-3, abs=1e-4)
    quality = runner.spec.task.quality
    assert outcome.measurements[quality] == pytest.approx(trial.measurements[quality], abs=1e-4)
    assert found.reading == entry and entry.number == 1
    assert {arm.name for arm in found.arms[1:]} == {"frozen features", "TF-IDF"}
    assert told[-1] == "scoring on the other data: the adapter of trial 4"
    text = carry_lines(found, runner.spec, data, 0.5)
    assert f"on 160 rows of {data}, 1 kept adapter of the search, nothing trained" in text[0]
    assert "first reading of these data" in text[-1]
