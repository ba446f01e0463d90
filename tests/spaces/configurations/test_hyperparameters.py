"""What a configuration says of its training: part of what it is, and absent from old records."""

from dataclasses import replace

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters, usual_value

LORA = Configuration((Stratum(0, 6, (Module("lora", 4, ("query",)),)),), 1e-3)
IA3 = Configuration((Stratum(0, 6, (Module("ia3", 0, ("key", "value")),)),), 1e-3)
SAID = [
    Hyperparameters(epochs=4.0),
    Hyperparameters(epochs=2.0),
    Hyperparameters(batch_size=4),
    Hyperparameters(dropout=0.1),
    Hyperparameters(dropout=0.0),
    Hyperparameters(4.0, 4, 0.1),
]


def test_another_training_is_another_configuration() -> None:
    keys = [LORA.key, *(replace(LORA, training=x).key for x in SAID)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("said", SAID)
def test_json_round_trip(said: Hyperparameters) -> None:
    configuration = replace(LORA, training=said)
    assert Configuration.from_json(configuration.to_json()) == configuration
    assert set(configuration.to_json()) == {"learning_rate", "strata", *said.said}


def test_dropout_that_nothing_has_is_none() -> None:
    dropped = replace(IA3, training=Hyperparameters(epochs=2.0, dropout=0.1))
    assert dropped == replace(IA3, training=Hyperparameters(epochs=2.0))
    assert dropped.key == replace(IA3, training=Hyperparameters(epochs=2.0)).key
    both = replace(LORA.strata[0], modules=(*LORA.strata[0].modules, *IA3.strata[0].modules))
    assert replace(dropped, strata=(both,), training=SAID[3]).training == SAID[3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": None},
        {"epochs": "4"},
        {"batch_size": 2.5},
        {"batch_size": True},
        {"dropout": 1},
        {"dropout": float("nan")},
        {"dropouts": 0.1},
    ],
)
def test_what_is_no_value_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError, match="a configuration with learning_rate and strata"):
        Configuration.from_json(LORA.to_json() | wrong)


@pytest.mark.parametrize(
    ("values", "usual"), [((1, 2, 4), 2), ((0.0, 0.1), 0.0), ((8, 16, 32, 64), 16), ((3,), 3)]
)
def test_the_usual_value_is_the_middle_one(values: tuple[float, ...], usual: float) -> None:
    assert usual_value(values) == usual
