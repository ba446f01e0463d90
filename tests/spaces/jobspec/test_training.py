"""How long a trial trains: a function of the rows and of what the job says."""

import pytest

from peftsearch.spaces.jobspec.training import TrainingSpec


@pytest.mark.parametrize(
    ("rows", "epochs", "steps"),
    [
        (100_000, 1.0, 6250),  # one pass is enough
        (4000, 1.0, 250),
        (1000, 250 / 63, 250),  # four passes, to have the steps
        (300, 250 / 19, 250),
        (100, 20.0, 140),  # so few that more passes would only repeat them
        (8, 20.0, 20),
    ],
)
def test_a_length_that_is_not_given_follows_the_rows(rows: int, epochs: float, steps: int) -> None:
    training = TrainingSpec()
    assert training.passes(rows) == pytest.approx(epochs)
    assert training.steps(rows) == steps


def test_larger_batches_make_as_many_steps_of_few_rows() -> None:
    assert TrainingSpec(batch_size=64).steps(2000) == 250
    assert TrainingSpec(batch_size=64).steps(500) == 160


@pytest.mark.parametrize(
    ("rows", "epochs", "expected"), [(100, 1.0, 7), (100, 0.5, 4), (100, 2.5, 18), (10, 0.01, 1)]
)
def test_a_given_length_is_kept(rows: int, epochs: float, expected: int) -> None:
    assert TrainingSpec(epochs=epochs, batch_size=16).steps(rows) == expected


@pytest.mark.parametrize(
    ("checkpoints", "steps", "stops"),
    [
        (1, 100, (100,)),
        (2, 100, (50, 100)),
        (3, 100, (50, 75, 100)),
        (5, 80, (40, 50, 60, 70, 80)),
        (3, 1, (1,)),
        (20, 4, (2, 3, 4)),
    ],
)
def test_states_are_looked_at_in_the_second_half(
    checkpoints: int, steps: int, stops: tuple[int, ...]
) -> None:
    assert TrainingSpec(checkpoints=checkpoints).stops(steps) == stops
