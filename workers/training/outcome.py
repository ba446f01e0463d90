"""What a trial gave, measured and computed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import torch
from numpy.typing import NDArray

from peftsearch.errors import ANYTHING
from peftsearch.extensions import broken
from peftsearch.message_text import show
from peftsearch.spaces.jobspec.objectives import GROUP, objective
from peftsearch.spaces.jobspec.spec import JobSpec


@dataclass(frozen=True)
class Outcome:
    """What a trial gave.

    Attributes:
        measurements: Objective name to value.
        tensors: Adapter and head by full name, on the CPU.
        predictions: One for each row of the evaluated split, `n`; where the task's quality asks
            how sure the model is, outputs, `n x classes`. With `references` what
            `metrics.measure` takes for that quality.
        references: The labels of those rows, `n`; of a language model see `metrics.score`.
        curve: Share of the training to mean training loss (`curves.reduce_curve`).
        kept: Whether the tensors are an adapter, which is to be kept.
    """

    measurements: Mapping[str, float]
    provenance: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]
    predictions: NDArray[Any]
    references: NDArray[Any]
    curve: Mapping[float, float] = field(default_factory=dict)
    kept: bool = True


def measure_also(outcome: Outcome, spec: JobSpec) -> Outcome:
    """With the objectives of plug-ins that the job names anywhere and that are not there yet.

    Raises:
        UserError: One of them fails, or gives no number.
    """
    rows = [objective(x) for x in dict.fromkeys((*spec.measured, *spec.objectives.also))]
    found = {
        row.name: _measure(row.name, row.measure, outcome)
        for row in rows
        if row.measure is not None and row.name not in outcome.measurements
    }
    return replace(outcome, measurements={**outcome.measurements, **found})


def _measure(name: str, measure: Callable[[Any], float], outcome: Outcome) -> float:
    try:
        return as_number(measure(outcome))
    except ANYTHING as error:
        if passes(error):
            raise
        got = f"{type(error).__name__}: {error}"
        raise broken(GROUP, name, "a number as the measure", got) from error


def as_number(value: Any) -> float:
    """A finite number, of a tensor or an array with one element too.

    Raises:
        TypeError, ValueError: It is something else.
    """
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    if isinstance(plain, bool) or not isinstance(plain, Real):
        raise TypeError(f"it is {show(plain)}, of the type {type(value).__name__}")
    if not math.isfinite(plain):
        raise ValueError(f"it is {float(plain)}")
    return float(plain)


def passes(error: BaseException) -> bool:
    """Whether what a measure of another package raised is none of its faults: the trial's end,
    or the machine's memory."""
    ours = type(error).__module__.startswith("peftsearch.")
    return ours or isinstance(error, (MemoryError, torch.OutOfMemoryError))
