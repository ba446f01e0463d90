"""`import`: from a file of results to a front, and to a job that goes on from them."""

import json
from pathlib import Path

import pytest

from peftsearch.records.job import JobState
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.workers.runners import write_texts
from tests.workers.tiny import save_model

from .calls import call

pytestmark = pytest.mark.usefixtures("warm_start")

JOB = """
name = "past"
[model]
path = "{model}"
[task]
train = "{train}"
metric = "accuracy"
[training]
epochs = 1
[budget]
trials = 9
"""
RESULTS = "recipe,rank,learning_rate,accuracy\nlora,2,1e-3,0.8\nlora,8,1e-3,0.85\n"


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    """A job on a tiny model."""
    path, data = tmp_path / "job.toml", write_texts(tmp_path / "data.csv")
    model = save_model(tmp_path / "model", "bert")
    path.write_text(JOB.format(model=model, train=data))
    return path


def test_results_are_shown_and_gone_on_from(
    job_file: Path,
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    results, url = job_file.with_name("results.csv"), new_sqlite()
    results.write_text(RESULTS)
    given = ["import", str(results), "--job", str(job_file), "--storage", url]
    assert call(monkeypatch, *given) == 0
    told = capsys.readouterr().out
    assert "past: 2 results of results.csv" in told
    assert "peftsearch resume past --trials 22" in told
    assert call(monkeypatch, *given) == 2
    assert "past" in capsys.readouterr().err
    assert call(monkeypatch, "front", "past", "--storage", url, "--json") == 0
    front = json.loads(capsys.readouterr().out)["front"]
    assert [x["values"]["accuracy"] for x in front] == [0.8, 0.85]
    going_on = ["resume", "past", "--trials", "3", "--storage", url, "--json"]
    assert call(monkeypatch, *going_on) == 0
    with Store.open(url) as store:
        job = store.find_job("past")
        trials = store.trials(job.id)
    assert job.state is JobState.FINISHED
    assert [x.origin for x in trials] == ["imported", "imported", "probe"]
    assert trials[2].state is TrialState.COMPLETED
