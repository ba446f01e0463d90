"""What a configuration may say of its training beside the learning rate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

MOST_EPOCHS, LARGEST_BATCH, MOST_DROPOUT = 1000.0, 4096, 0.9
Ladders = Mapping[str, Sequence[float]]
"""By hyperparameter, the values that it may take, ascending."""


@dataclass(frozen=True)
class Hyperparameters:
    """Each is None where the job says it for all its trials alike.

    Attributes:
        epochs: Passes over the training rows.
        batch_size: Examples of one step.
        dropout: Share of what an adapter reads that is left out in each step of its training.
    """

    epochs: float | None = None
    batch_size: int | None = None
    dropout: float | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Those that are not None, by name; what JSON and keys hold."""
        return {name: x for name in HYPERPARAMETERS if (x := getattr(self, name)) is not None}

    def fill(self, ladders: Ladders) -> Self:
        """With the usual value of each ladder where it says none."""
        return replace(self.choose(ladders, usual_value), **self.said)

    @classmethod
    def choose(cls, ladders: Ladders, choice: Callable[[Sequence[float]], float]) -> Self:
        """With one value of each ladder."""
        chosen: dict[str, Any] = {name: choice(values) for name, values in ladders.items()}
        return cls(**chosen)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """What `said` gave; other keys are ignored.

        Raises:
            TypeError: A value is no number.
            ValueError: One is out of its range.
        """
        given = (name for name in HYPERPARAMETERS if name in data)
        return cls(**{name: check(name, data[name]) for name in given})


HYPERPARAMETERS = ("epochs", "batch_size", "dropout")
RANGES: Mapping[str, str] = {
    "epochs": f"a number above 0 and at most {MOST_EPOCHS:g}",
    "batch_size": f"a whole number from 1 to {LARGEST_BATCH}",
    "dropout": f"a number from 0 to {MOST_DROPOUT:g}",
}


def usual_value(values: Sequence[float]) -> float:
    """What is taken where nobody chose: the middle, of an even number the lower."""
    return values[(len(values) - 1) // 2]


def check(name: str, value: Any) -> Any:
    """A value of a hyperparameter.

    Raises:
        TypeError: It is no number.
        ValueError: It is out of its range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is no number")
    within = {
        "epochs": 0 < value <= MOST_EPOCHS,
        "batch_size": 1 <= value <= LARGEST_BATCH and value % 1 == 0,
        "dropout": 0 <= value <= MOST_DROPOUT,
    }
    if not within[name]:
        raise ValueError(f"{name} is {RANGES[name]}")
    return int(value) if name == "batch_size" else float(value)
