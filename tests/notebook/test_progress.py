"""What a search in the caller's process shows, and what an interrupt leaves."""

import signal
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

import peftsearch
from peftsearch.live.displays import Silent
from peftsearch.notebook.searching import Place, search_here
from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Crew

from .rows import QUICK, make_model, make_rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("base"))


def call(model: Path, folder: Path, **changes: Any) -> Any:
    rows, place = make_rows(folder), {"storage": str(folder / "jobs.db"), "device": "cpu"}
    wanted: dict[str, Any] = {"train": rows, "model": model, "trials": 2, "name": "mine"}
    return peftsearch.search(**{**place, **wanted, **QUICK, **changes})


def test_phases_are_named_and_trials_are_told(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(model, tmp_path)
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == "" and lines[:2] == ["loading the data ...", "loading the model ..."]
    assert any(line.startswith("floor: accuracy ") for line in lines)
    ended = [line for line in lines if line.startswith("trial ")]
    assert [line.split()[1] for line in ended] == ["0", "1"] and "2/2 done" in ended[-1]
    call(model, tmp_path, trials=3, progress=False)
    assert capsys.readouterr() == ("", "")


class Impatient(Silent):
    """A person who presses Ctrl-C in the second trial."""

    def follow(self, store: Store, job: Job) -> AbstractContextManager[Any]:
        return nullcontext(self)

    def update(self, crew: Crew) -> None:
        if any(child.number == 1 and child.batches[0] for child in crew.children):
            signal.raise_signal(signal.SIGINT)


def test_an_interrupt_gives_the_trial_back_and_says_how_to_go_on(
    model: Path, tmp_path: Path
) -> None:
    first = call(model, tmp_path, trials=1)
    spec: JobSpec = first.job.spec
    more = spec.model_copy(update={"budget": spec.budget.model_copy(update={"trials": 3})})
    place = Place.choose(first.storage, None, "cpu")
    with pytest.raises(KeyboardInterrupt) as stopped:
        search_here(more, place, lambda *notes: None, Impatient())
    assert str(stopped.value) == (
        "stopped with 1 trial done; what ran is queued again: "
        "the same call goes on with job 'mine'"
    )
    with Store.open(first.storage) as store:
        states = [trial.state for trial in store.trials(first.job.id)]
        assert states == [TrialState.COMPLETED, TrialState.QUEUED]
        assert store.workers(first.job.id) == []
    again = call(model, tmp_path, trials=3)
    assert [x.state for x in again.trials] == [TrialState.COMPLETED] * 3
