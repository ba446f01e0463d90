"""The training section of a job: how long and how every trial is trained."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from .section import Section

FEWEST_STEPS = 250
MOST_EPOCHS = 20.0
"""What a length that is not given aims at (decision 0050): one epoch, or as many as give so many
steps; of a handful of rows no more epochs than these."""


Weight = Annotated[float, Field(gt=0)]


class TrainingSpec(Section):
    """How every trial is trained; equal for all of a job's trials.

    Attributes:
        epochs: Passes over the training rows, also fractions. Left out, one pass, or of few rows
            as many as make 250 steps, at most 20.
        batch_size: Examples of one step.
        accumulate: Parts in which a step's rows are computed, one after another, for less memory;
            their gradients add up to the step's.
        gradient_checkpointing: Compute what a layer holds once more in the backward pass, instead
            of keeping it: much less memory, a third more time.
        stop_collapsed: End a trial whose loss is far above that of a constant answer in its second
            half, as failed; never a repeat.
        checkpoints: How often in the second half of training the model is scored on the validation
            rows; the state with the least loss is kept. 1 keeps the last.
        class_weights: What a row weighs in the loss: `balanced` gives every class the same sum, a
            table says it by class and leaves 1 to the others.
        logit_adjustment: Adds so many times the logarithm of each class's share of the training
            rows to the outputs, in the loss alone: the model then answers as if the classes were
            equally frequent (Menon et al., 2021; 1 is theirs). 0 does nothing.
        standardise_labels: Train a regression on labels of mean 0 and deviation 1. Its saved head
            gives them in their own units.
    """

    epochs: float | None = Field(None, gt=0, le=1000)
    batch_size: int = Field(16, ge=1, le=4096)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    max_grad_norm: float = Field(1.0, gt=0)
    checkpoints: int = Field(3, ge=1, le=20)
    accumulate: int = Field(1, ge=1, le=4096)
    gradient_checkpointing: bool = False
    stop_collapsed: bool = True
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    timeout_minutes: float | None = Field(None, gt=0, description="per trial")
    class_weights: Literal["none", "balanced"] | Mapping[str, Weight] = "none"
    logit_adjustment: float = Field(0.0, ge=0, le=10)
    standardise_labels: bool = True

    def steps(self, rows: int) -> int:
        """Optimiser steps of a trial on so many training rows, at least 1."""
        return max(1, round(self.passes(rows) * self._steps_of_pass(rows)))

    def passes(self, rows: int) -> float:
        """Epochs of a trial: what the job says, else a function of its rows and batches alone."""
        if self.epochs is not None:
            return self.epochs
        return min(MOST_EPOCHS, max(1.0, FEWEST_STEPS / self._steps_of_pass(rows)))

    def stops(self, steps: int) -> tuple[int, ...]:
        """After which of so many steps a state may be kept: evenly from the half to the end."""
        parts = max(1, self.checkpoints - 1)
        shares = (1 - 0.5 * i / parts for i in range(self.checkpoints))
        return tuple(sorted({max(1, round(share * steps)) for share in shares}))

    @property
    def weighting(self) -> str | None:
        """The first key by which classes are weighted; None where none is."""
        if self.class_weights != "none":
            return "class_weights"
        return "logit_adjustment" if self.logit_adjustment else None

    def _steps_of_pass(self, rows: int) -> int:
        return math.ceil(rows / self.batch_size)
