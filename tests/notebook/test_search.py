"""`peftsearch.search(train=...)`: an ordinary job, that the same call goes on with."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import peftsearch
from peftsearch.storage.store import Store

from .rows import QUICK, make_model, make_rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("base"))


def call(base: Path, folder: Path, **changes: Any) -> Any:
    """A search of one trial."""
    texts, labels = make_rows(folder)
    frame = pd.DataFrame({"review": texts, "mood": labels})
    wanted: dict[str, Any] = {"train": frame, "model": base, "metric": "accuracy", "trials": 1}
    place = {"storage": str(folder / "jobs.db"), "device": "cpu"}
    return peftsearch.search(**{**place, **wanted, **QUICK, **changes})


def test_the_same_call_resumes_its_job(
    model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = call(model, tmp_path)
    assert "text='review', label='mood'" in caplog.text
    assert [x.number for x in first.trials] == [0] and first.job.name.startswith("classification-")
    again = call(model, tmp_path, trials=2)
    assert again.job.id == first.job.id and [x.number for x in again.trials] == [0, 1]
    assert again.trials[0].measurements == first.trials[0].measurements
    (kept,) = (tmp_path / "jobs.files" / "data").iterdir()
    assert first.job.spec.task.train == str(kept)
    assert first.trials[0].provenance["train_rows"] > 50
    other = call(model, tmp_path, metric="f1_macro")
    assert other.job.name != first.job.name
    with Store.open(f"sqlite:///{tmp_path / 'jobs.db'}") as store:
        assert len(store.jobs()) == 2


def test_rows_that_are_given_apart_are_held_out(model: Path, tmp_path: Path) -> None:
    texts, labels = make_rows(tmp_path)
    held = (texts[:20], labels[:20])
    result = call(
        model, tmp_path, train=(texts[20:], labels[20:]), validation=held, test=held, name="mine"
    )
    assert result.job.name == "mine" and result.trials[0].provenance["validation_rows"] == 20
    again = peftsearch.load("mine", str(tmp_path / "jobs.db"))
    assert again.job.spec.task.validation == again.job.spec.task.test != again.job.spec.task.train


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"train": None}, "a job file, or train= and model=; got no train"),
        ({"model": None}, "got no model"),
        ({"spec": "job.toml"}, "a spec, or arguments in its place; got a spec and model="),
        ({"metric": "acuracy"}, "accuracy"),
        ({"minutes": -1}, "budget"),
        ({"trials": 0}, "trials"),
        ({"traning": {}}, "an argument of search, or a section of a job file; got traning="),
        ({"minuts": 3}, "got minuts=; did you mean 'minutes'?"),
        ({"task": 3}, "task= with keys of the section [task]"),
        ({"name": "a b"}, "name"),
        ({"label": "moood"}, "did you mean 'mood'?"),
        ({"space": "strta"}, "preset"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line_and_leaves_nothing(
    changes: dict[str, Any], told: str, model: Path, tmp_path: Path
) -> None:
    with pytest.raises(peftsearch.UserError) as refused:
        call(model, tmp_path, **changes)
    assert told in str(refused.value) and "\n" not in str(refused.value)
    assert not (tmp_path / "jobs.db").exists()
    assert not (tmp_path / "jobs.files" / "data").exists()


def test_test_rows_of_other_labels_start_nothing(model: Path, tmp_path: Path) -> None:
    with pytest.raises(peftsearch.UserError, match="the classes of the training data") as refused:
        call(model, tmp_path, test=(["a text"] * 8, ["odd"] * 8))
    assert "got 'odd' at row 1 of" in str(refused.value) and "\n" not in str(refused.value)
    assert not (tmp_path / "jobs.db").exists()


def test_a_call_without_a_budget_has_ten_minutes(model: Path, tmp_path: Path) -> None:
    from peftsearch.notebook.given_job import GivenJob

    given = {"train": make_rows(tmp_path), "validation": None, "test": None}
    data, _ = GivenJob(given, model, metric="rmse").write(tmp_path)
    assert data["budget"] == {"minutes": 10.0}
    assert data["task"]["kind"] == "regression"  # the first that has the metric


def test_a_result_is_confirmed_and_exported(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = call(model, tmp_path, trials=2, name="mine")
    confirmed = result.confirm(pick="best", device="cpu")
    assert repr(confirmed).splitlines()[0].startswith("accuracy on ")
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("14 trainings") and len(told) > 14
    with Store.open(f"sqlite:///{tmp_path / 'jobs.db'}") as store:
        (report,) = store.reports(result.job.id, "confirm")
    assert report["arms"][0]["values"] == confirmed.to_json()["arms"][0]["values"]
    again = peftsearch.load("mine", str(tmp_path / "jobs.db")).confirm("best", "cpu", False)
    assert again.to_json() == confirmed.to_json() and capsys.readouterr().out == ""
    assert result.export(tmp_path / "adapter", pick="best").rows > 0
    card = (tmp_path / "adapter" / "README.md").read_text("utf-8")
    assert "in the first reading of them" in card


def test_a_label_like_a_script_is_shown_as_text(model: Path, tmp_path: Path) -> None:
    tag = "<script>alert(1)</script>"
    texts, labels = make_rows(tmp_path)
    named = [tag if label == "good" else label for label in labels]
    task = {**QUICK["task"], "positive": tag}
    result = call(model, tmp_path, train=(texts, named), task=task, metric="f1")
    assert result.job.spec.task.positive == tag and len(result.front) == 1
    assert "<script" not in result._repr_html_() + result.front._repr_html_()


def test_rows_of_other_kinds_are_kept_by_the_columns_of_their_task(tmp_path: Path) -> None:
    from peftsearch.notebook.given_job import GivenJob

    frame = pd.DataFrame({"question": ["a", "b"], "answer": ["c", "d"], "more": [1, 2]})
    splits = {"train": frame, "validation": frame, "test": None}
    columns = {"prompt": "question", "response": "answer"}
    job = GivenJob(splits, "model", kind="causal_lm", trials=3, sections={"task": columns})
    data, notes = job.write(tmp_path)
    assert notes == () and data["task"]["prompt"] == "question"
    assert data["task"]["train"] == data["task"]["validation"]
    assert list(pd.read_parquet(data["task"]["train"])) == ["question", "answer"]
    assert data["name"].startswith("causal-lm-") and data["budget"] == {"trials": 3}
