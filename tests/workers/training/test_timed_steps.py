"""A few real steps, from which the time of a whole trial is foreseen."""

from pathlib import Path

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.data.task_data import load_data
from peftsearch.workers.training.timed_steps import _FEWEST, Timings, share_of_row, time_steps
from peftsearch.workers.training.trainer import Trainer
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.tiny import LAYERS, save_model

TOP = Configuration(
    (Stratum(0, LAYERS - 1), Stratum(LAYERS - 1, LAYERS, (Module("lora", 4, ("query",)),))), 5e-3
)


def test_a_trial_takes_its_steps_its_looks_and_its_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by a second with each reading."""
    readings = iter(range(10_000))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(readings)))
    model = save_model(tmp_path / "bert", "bert")
    seconds = {}
    for epochs, folds in ((1, 1), (6, 1), (1, 2)):
        runner = open_runner(tmp_path, model, epochs=epochs, folds=folds)
        timed = time_steps(runner.spec, load_data(runner.spec), [LORA], 1)
        ((_, seconds[epochs, folds]),) = timed.trials
        assert timed.loading > 0 and timed.written == 0
    assert seconds[6, 1] > 3 * seconds[1, 1]
    assert seconds[1, 2] > 1.5 * seconds[1, 1] / 2


def test_layers_that_states_stand_for_are_passed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the few steps that are timed pass them."""
    readings = iter(range(10_000))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(readings)))
    model, seconds = save_model(tmp_path / "bert", "bert"), {}
    for kept in (0, 500):
        runner = open_runner(tmp_path, model, kept_states_mb=kept)
        spec = runner.spec.with_anatomy(runner.describe())
        timed = time_steps(spec, load_data(spec), [TOP, LORA], 1)
        seconds[kept] = [x for _, x in timed.trials]
    assert seconds[500][0] < 0.8 * seconds[0][0]
    assert seconds[500][1] == seconds[0][1]


def test_no_more_steps_are_made_than_are_needed_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    made = Trainer.train

    def train(self: Trainer, request: object) -> object:
        told = request.on_step  # type: ignore[attr-defined]

        def on_step(done: int, total: int) -> None:
            steps.append(done)
            told(done, total)

        object.__setattr__(request, "on_step", on_step)
        return made(self, request)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "train", train)
    monkeypatch.setattr("peftsearch.workers.training.timed_steps._SECONDS", 0.0)
    runner = open_runner(tmp_path, save_model(tmp_path / "bert", "bert"))
    before = torch.get_num_threads()
    found = time_steps(runner.spec, load_data(runner.spec), [LORA, PROBE], 1)
    assert isinstance(found, Timings) and len(found.trials) == 2
    assert all(seconds > 0 for _, seconds in found.trials) and found.row > 0
    assert steps == [*range(1, _FEWEST + 1)] * 2
    assert torch.get_num_threads() == before


def test_rows_that_were_read_stand_for_longer_ones() -> None:
    """By tokens with their padding: the first rows of a file may be its shortest."""
    short, long = [10] * 8, [50] * 8
    assert share_of_row(short, short, 4) == pytest.approx(1 / 8)
    assert share_of_row(short, short + long, 4) == pytest.approx(3 / 8)
    assert share_of_row(long, short + long, 4) == pytest.approx(3 / 5 / 8)
    assert share_of_row([9, 10], [9, 10], 2) == pytest.approx(1 / 2)
