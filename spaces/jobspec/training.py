"""The training section of a job: how long and how its trials are trained."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.hyperparameters import (
    HYPERPARAMETERS,
    LARGEST_BATCH,
    MOST_DROPOUT,
    MOST_EPOCHS,
    RANGES,
    Ladders,
    check,
    usual_value,
)

from .objectives import objective
from .section import Section

FEWEST_STEPS = 250
MOST_CHOSEN = 20.0
"""What a length that is not given aims at (decision 0050): one epoch, or as many as give so many
steps; of a handful of rows no more epochs than these."""
STATES_OF_A_LOSS = 3
"""Of a graded quality, where `checkpoints` is not given (decision 0023)."""


Weight = Annotated[float, Field(gt=0)]
Epochs = Annotated[float, Field(gt=0, le=MOST_EPOCHS)]
BatchSize = Annotated[int, Field(ge=1, le=LARGEST_BATCH)]
Dropout = Annotated[float, Field(ge=0, le=MOST_DROPOUT)]


@dataclass(frozen=True)
class Regime:
    """How long, in which batches and with how much dropout one configuration is trained.

    Attributes:
        epochs: None follows the rows.
    """

    epochs: float | None
    batch_size: int
    dropout: float

    def steps(self, rows: int) -> int:
        """Optimiser steps on so many training rows, at least 1."""
        return max(1, round(self.passes(rows) * self._steps_of_pass(rows)))

    def passes(self, rows: int) -> float:
        """Epochs: those that are given, else a function of rows and batches alone."""
        if self.epochs is not None:
            return self.epochs
        return min(MOST_CHOSEN, max(1.0, FEWEST_STEPS / self._steps_of_pass(rows)))

    def _steps_of_pass(self, rows: int) -> int:
        return math.ceil(rows / self.batch_size)


class TrainingSpec(Section):
    """How trials are trained; equal for all of a job's trials but for what has several values,
    which is searched.

    Attributes:
        epochs: Passes over the training rows, also fractions; a list is searched. Left out, one
            pass, or of few rows as many as make 250 steps, at most 20.
        batch_size: Examples of one step; a list is searched.
        dropout: Of the adapters, where their technique has one; a list is searched.
        accumulate: Parts in which a step's rows are computed, one after another, for less memory;
            their gradients add up to the step's.
        gradient_checkpointing: Compute what a layer holds once more in the backward pass, instead
            of keeping it: much less memory, a third more time.
        kept_states_mb: Megabytes of hidden states of training rows that a worker keeps below what
            trials train, where those of all rows fit; 0 keeps none.
        stop_collapsed: End a trial whose loss is far above that of a constant answer in its second
            half, as failed; never a repeat.
        checkpoints: How often in the second half of training the model is scored on the validation
            rows; the state with the least of the loss that is trained, weights of classes and
            all, is kept. 1 keeps the last. Left out, 3 where the quality is a loss or follows
            from one, else 1.
        class_weights: What a row weighs in the loss: `balanced` gives every class the same sum, a
            table says it by class and leaves 1 to the others.
        logit_adjustment: Adds so many times the logarithm of each class's share of the training
            rows to the outputs, in the loss alone: the model then answers as if the classes were
            equally frequent (Menon et al., 2021; 1 is theirs). 0 does nothing.
        standardise_labels: Train a regression on labels of mean 0 and deviation 1. Its saved head
            gives them in their own units.
        function: Name of the function of a Python program that trains the trials, which
            `peftsearch.search(evaluate=...)` writes; None is the built-in training.
    """

    epochs: Epochs | tuple[Epochs, ...] | None = None
    batch_size: BatchSize | tuple[BatchSize, ...] = 16
    dropout: Dropout | tuple[Dropout, ...] = 0.0
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    max_grad_norm: float = Field(1.0, gt=0)
    checkpoints: int | None = Field(None, ge=1, le=20)
    accumulate: int = Field(1, ge=1, le=4096)
    gradient_checkpointing: bool = False
    kept_states_mb: int = Field(500, ge=0)
    stop_collapsed: bool = True
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    timeout_minutes: float | None = Field(None, gt=0, description="per trial")
    class_weights: Literal["none", "balanced"] | Mapping[str, Weight] = "none"
    logit_adjustment: float = Field(0.0, ge=0, le=10)
    standardise_labels: bool = True
    function: SkipJsonSchema[str | None] = None

    @field_validator(*HYPERPARAMETERS, mode="before")
    @classmethod
    def _check_values(cls, given: Any, info: ValidationInfo) -> Any:
        """One value as itself; several ascending, each once."""
        name = str(info.field_name)
        several = isinstance(given, (list, tuple)) and len(given) > 0
        try:
            if not several:
                return None if given is None and name == "epochs" else check(name, given)
            values = sorted({check(name, value) for value in given})
        except (TypeError, ValueError) as error:
            expected = f"training.{name}: {RANGES[name]}, or a list of such to search"
            hint = f"correct training.{name} in the job file"
            raise UserError(expected, show(given), hint, f"training.{name}") from error
        return values[0] if len(values) == 1 else values

    @property
    def searched(self) -> Ladders:
        """The hyperparameters with several values, ascending."""
        return {name: values for name, values in self._ladders.items() if len(values) > 1}

    @property
    def _ladders(self) -> Ladders:
        own = {name: getattr(self, name) for name in HYPERPARAMETERS}
        given = {name: x for name, x in own.items() if x is not None}
        return {name: x if isinstance(x, tuple) else (x,) for name, x in given.items()}

    def regime(self, configuration: Configuration | None = None) -> Regime:
        """How a configuration is trained; where it does not say what is searched, with the usual
        value of that.

        Args:
            configuration: None for one that says nothing, of techniques with dropout.
        """
        usual = {name: usual_value(values) for name, values in self._ladders.items()}
        said = {} if configuration is None else configuration.training.said
        found: dict[str, Any] = {"epochs": None, **usual, **said}
        if configuration is not None and not configuration.drops_out:
            found["dropout"] = 0.0
        return Regime(**found)

    def regimes(self) -> tuple[Regime, ...]:
        """One for each combination of what is searched; else the one of all trials."""
        searched = self.searched
        choices = product(*searched.values())
        found: list[dict[str, Any]] = [dict(zip(searched, x, strict=True)) for x in choices]
        return tuple(replace(self.regime(), **values) for values in found)

    def states(self, quality: str) -> int:
        """Of how many states the best is kept: as many as are given, else chosen by the quality.

        Args:
            quality: Name of the job's quality metric.
        """
        if self.checkpoints is not None:
            return self.checkpoints
        return STATES_OF_A_LOSS if objective(quality).graded else 1

    def stops(self, steps: int, quality: str) -> tuple[int, ...]:
        """After which of so many steps a state may be kept: evenly from the half to the end."""
        states = self.states(quality)
        shares = (1 - 0.5 * i / max(1, states - 1) for i in range(states))
        return tuple(sorted({max(1, round(share * steps)) for share in shares}))

    @property
    def weighting(self) -> str | None:
        """The first key by which classes are weighted; None where none is."""
        if self.class_weights != "none":
            return "class_weights"
        return "logit_adjustment" if self.logit_adjustment else None
