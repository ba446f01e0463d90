"""What a dry run says of a training's length, and of what its validation rows can tell."""

import pytest

from peftsearch.jobs.training_length import note_resolution, tell_length
from peftsearch.spaces.jobspec.training import TrainingSpec
from tests.specs import make_spec


@pytest.mark.parametrize(
    ("training", "rows", "parts"),
    [
        ({}, 1000, ("250 steps of 16 rows, 3.97 epochs", "since fewer train too little")),
        ({}, 50_000, ("3,125 steps", "1 epoch: one pass", "the last state is kept, as accuracy")),
        ({}, 40, ("60 steps", "20 epochs: the most that are chosen")),
        (
            {"epochs": 1, "checkpoints": 1},
            1000,
            ("63 steps", "as the job file says", "the last state is kept"),
        ),
        (
            {"epochs": [4, 1], "batch_size": [8, 16], "dropout": [0.0, 0.1]},
            1000,
            ("63 to 500 steps of 8 to 16 rows, 1 to 4 epochs, dropout 0 to 0.1", "searched"),
        ),
    ],
)
def test_steps_epochs_and_reason_are_told(
    training: dict[str, float], rows: int, parts: tuple[str, ...]
) -> None:
    told = tell_length(TrainingSpec.model_validate(training), rows, "accuracy")
    assert all(part in told for part in parts), told


def test_which_state_is_kept_is_told_with_its_reason() -> None:
    told = tell_length(TrainingSpec(), 1000, "perplexity")
    assert told.endswith(
        "best of 3 states by validation loss is kept, as perplexity follows the loss"
    )
    given = tell_length(TrainingSpec(checkpoints=1), 1000, "perplexity")
    assert given.endswith("; the last state is kept")


def test_folds_are_told_as_so_many_trainings() -> None:
    training = TrainingSpec()
    alone, told = (tell_length(training, 1000, "accuracy", folds) for folds in (1, 5))
    assert told.startswith(alone)
    assert "a trial is 5 such trainings" in told and "trainings" not in alone


def test_too_few_validation_rows_are_told_with_how_many_would_do() -> None:
    spec = make_spec()
    (note,) = note_resolution(spec, 100)
    assert "tell accuracy to 0.040" in note and "600 rows would do" in note
    assert note_resolution(spec, 600) == ()
    decoder = make_spec(task={"kind": "causal_lm", "train": "x"})
    assert note_resolution(decoder, 100) == ()  # a loss is no share of rows


def test_of_rare_classes_the_rows_tell_less_than_of_all() -> None:
    spec = make_spec(task={"train": "d.csv", "metric": "f1"})
    (note,) = note_resolution(spec, 100)
    assert "tell F1 to 0.0400 at best" in note
