"""What is said of a trial that takes longer than the budget of its job."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.workers.training import beyond_budget
from peftsearch.workers.training.beyond_budget import note_beyond
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.specs import make_spec
from tests.workers.runners import open_runner
from tests.workers.tiny import save_model


def say(seconds: float, tokens: float = 380, longest: int = 512, **budget: Any) -> str:
    task = {"train": "train.csv", "max_length": longest}
    return " ".join(note_beyond(make_spec(task=task, budget=budget), seconds, tokens))


def test_the_texts_or_the_model_that_ten_trials_would_fit_with_are_named() -> None:
    assert say(511, minutes=5) == (
        "one trial takes about 8 min 30 s on this machine, more than the budget of 5 min 00 s: "
        "the first is trained to its end, and none begins after it; 10 trials take about "
        "1 h 25 min, or fit the budget with task.max_length = 16 in place of 512 or a model 17 "
        "times smaller"
    )
    few = say(400, tokens=400, minutes=5, trials=2)
    assert "2 trials take about 13 min 00 s" in few and "task.max_length = 144 in" in few
    assert say(1000, minutes=5).endswith("or fit the budget with a model 33 times smaller")
    assert say(9000, minutes=5).endswith("10 trials take about 25 h 00 min")


def test_less_than_a_second_is_no_nothing() -> None:
    assert "one trial takes about 0.4 s on this machine" in say(0.4, minutes=0.001)


@pytest.mark.parametrize("budget", [{"minutes": 5}, {"trials": 4}])
def test_nothing_is_said_of_a_trial_that_fits(budget: dict[str, Any]) -> None:
    assert say(299, **budget) == ""


def test_a_preparation_notes_it_by_how_fast_rows_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_runner(tmp_path, save_model(tmp_path / "bert", "bert"))
    readings = itertools.cycle((0.4, 0.1, 0.3))  # of which others slow some
    monkeypatch.setattr(beyond_budget, "time_reading", lambda job: next(readings))
    rows, held_out = len(opened.data.train.texts), opened.data.held_out
    seconds = 0.1 * (2 * 6 * rows + held_out)

    def noted(budget: BudgetSpec, **training: Any) -> bool:
        spec = opened.spec.model_copy(update={"budget": budget})
        trained = spec.training.model_copy(update=training)
        runner: TrialRunner = replace(opened, spec=spec.model_copy(update={"training": trained}))
        notes = runner.prepare().preparation.notes
        told = [x for x in notes if x.startswith("one trial takes about ")]
        return any("by how fast it read some rows before any was trained" in x for x in told)

    assert noted(BudgetSpec(hours=0.9 * seconds / 3600))
    assert not noted(BudgetSpec(hours=1.1 * seconds / 3600))
    assert not noted(BudgetSpec(trials=3))
    assert not noted(BudgetSpec(hours=0.9 * seconds / 3600), function="mine")
