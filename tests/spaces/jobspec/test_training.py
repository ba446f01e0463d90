"""How long a trial trains: a function of the rows and of what the job says."""

from dataclasses import replace

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.jobspec.training import Regime, TrainingSpec
from tests.specs import make_spec

MODULES = (Module("lora", 4, ("query",)), Module("bitfit"))
NOTHING = Hyperparameters()


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
    regime = TrainingSpec().regime()
    assert regime.passes(rows) == pytest.approx(epochs)
    assert regime.steps(rows) == steps


def test_larger_batches_make_as_many_steps_of_few_rows() -> None:
    assert TrainingSpec(batch_size=64).regime().steps(2000) == 250
    assert TrainingSpec(batch_size=64).regime().steps(500) == 160


@pytest.mark.parametrize(
    ("rows", "epochs", "expected"), [(100, 1.0, 7), (100, 0.5, 4), (100, 2.5, 18), (10, 0.01, 1)]
)
def test_a_given_length_is_kept(rows: int, epochs: float, expected: int) -> None:
    assert TrainingSpec(epochs=epochs, batch_size=16).regime().steps(rows) == expected


def test_several_values_are_searched_and_one_is_not() -> None:
    training = TrainingSpec.model_validate(
        {"epochs": [4, 1, 2, 1], "batch_size": [16], "dropout": (0.1, 0)}
    )
    assert training.searched == {"epochs": (1.0, 2.0, 4.0), "dropout": (0.0, 0.1)}
    assert training.batch_size == 16
    assert TrainingSpec(epochs=2).searched == {}
    again = TrainingSpec.model_validate_json(training.model_dump_json())
    assert again == training


def test_a_configuration_is_trained_as_it_says_and_else_as_its_job_does() -> None:
    training = TrainingSpec(epochs=(1.0, 2.0, 4.0), batch_size=8, dropout=(0.0, 0.1))
    assert training.regime() == Regime(2.0, 8, 0.0)
    asked = Hyperparameters(epochs=4.0, dropout=0.1)
    lora, bitfit = (Configuration((Stratum(0, 6, (x,)),), 1e-3, None, asked) for x in MODULES)
    assert training.regime(lora) == Regime(4.0, 8, 0.1)
    assert training.regime(bitfit) == Regime(4.0, 8, 0.0)  # which has no dropout
    assert TrainingSpec(dropout=0.2).regime(bitfit).dropout == 0.0
    assert TrainingSpec(dropout=0.2).regime(replace(lora, training=NOTHING)).dropout == 0.2


def test_every_combination_of_what_is_searched_is_a_regime() -> None:
    training = TrainingSpec(epochs=(1.0, 4.0), batch_size=(8, 16))
    found = {(x.epochs, x.batch_size) for x in training.regimes()}
    assert found == {(1.0, 8), (1.0, 16), (4.0, 8), (4.0, 16)}
    assert TrainingSpec().regimes() == (TrainingSpec().regime(),)
    assert {x.steps(100) for x in TrainingSpec(batch_size=(8, 16)).regimes()} == {250, 140}


def test_what_is_tried_says_what_is_searched_and_nothing_else() -> None:
    plain = Configuration((Stratum(0, 6, MODULES[:1]),), 1e-3)
    longer = replace(plain, training=Hyperparameters(epochs=8.0))
    searched = make_spec(tries=[plain, longer], training={"epochs": [1, 2, 4]})
    assert [x.training.epochs for x in searched.try_configurations] == [2.0, 8.0]
    data = make_spec(training={"epochs": [1, 2]}).to_json()
    recipe = parse_spec(data | {"try": [{"recipe": "lora", "epochs": 2}]})
    assert [x.training.epochs for x in recipe.try_configurations] == [2.0]
    with pytest.raises(UserError, match=r"epochs under \[training\], where it is not searched"):
        _ = make_spec(tries=[longer], training={"epochs": 2}).try_configurations


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
    assert TrainingSpec(checkpoints=checkpoints).stops(steps, "accuracy") == stops


@pytest.mark.parametrize(
    ("quality", "states"),
    [
        *((x, 1) for x in ("accuracy", "f1_macro", "roc_auc", "spearman", "exact_match")),
        *((x, 3) for x in ("loss", "perplexity", "log_loss", "rmse", "mae", "r2")),
    ],
)
def test_how_many_states_are_looked_at_follows_the_quality(quality: str, states: int) -> None:
    assert TrainingSpec().states(quality) == states
    assert len(TrainingSpec().stops(100, quality)) == states
    assert TrainingSpec(checkpoints=2).states(quality) == 2
