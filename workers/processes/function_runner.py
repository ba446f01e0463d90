"""Trials that a function of the user's own trains, in the place of the built-in training."""

import hashlib
import inspect
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import fold_name, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.training.clock import Clock, OnStep
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.rungs import Keeper
from peftsearch.workers.training.trial_runner import TrialRunner

from .own_training import Candidate

Evaluate = Callable[[Candidate], Mapping[str, float] | float]
ROWS = "validation_rows"
"""Beside measurements: how many rows the quality is of, where they are not the job's."""


@dataclass
class FunctionRunner(TrialRunner):
    """A job's model and data, of which a function trains the configurations; floors and known
    costs are those of any job.

    Attributes:
        function: Trains and scores one; set before the first trial.
    """

    function: Evaluate | None = None

    def evaluate(
        self,
        configuration: Configuration,
        seed: int,
        on_step: OnStep = lambda done, total: None,
        split: str = "validation",
        watched: bool = False,
        keeper: Keeper | None = None,
    ) -> Outcome:
        """What the function measures; whatever it raises is for `classify`.

        Args:
            split: `validation` alone: what else a function does with it nobody knows.
            watched: Not heeded.
            keeper: Not heeded: a training that is broken off begins anew.

        Raises:
            UserError: It gave no measurements, or not of what the front trades off.
        """
        assert self.function is not None and split == "validation"
        self.describe()
        clock = Clock(0, on_step, self.spec.training.timeout_minutes)
        candidate = Candidate(configuration, seed, self, clock)
        on_step(0, 0)
        started = time.monotonic()
        given = self.function(candidate)
        seconds = {"training_seconds": time.monotonic() - started}
        measured, told = read_measurements(given, self.spec)
        attached = candidate._attached
        regime = candidate.regime
        trained = {"epochs": regime.epochs, "batch_size": regime.batch_size}
        provenance = self.provenance(seed) | trained | {"dropout": regime.dropout}
        return Outcome(
            {**seconds, **measured},
            provenance | {"function": describe_function(self.function)} | told,
            attached[0].tensors() if attached else {},
            np.empty(0),
            np.empty(0),
            kept=bool(attached),
        )


def read_measurements(given: Any, spec: JobSpec) -> tuple[dict[str, float], dict[str, int]]:
    """What a function measured by objective, and what else it says for the provenance.

    Args:
        given: A mapping by the names of objectives, or the quality alone.

    Raises:
        UserError: It is neither, a value is no finite number, an objective is unknown, or one that
            the front trades off is missing.
    """
    named = {spec.task.quality: given} if isinstance(given, Real) else given
    if not isinstance(named, Mapping):
        expected = f"{spec.task.quality}, or a mapping of measurements"
        raise UserError(expected, type(given).__name__, "return it from the function")
    measured = {
        objective(fold_name(str(name))).name: _number(str(name), value)
        for name, value in named.items()
        if name != ROWS
    }
    for name in (spec.task.quality, *spec.measured):
        if name not in measured and name != "training_seconds":
            got = f"only {', '.join(sorted(measured)) or 'none'}"
            raise UserError(f"a measurement of {name}", got, "return it from the function")
    return measured, {ROWS: int(_number(ROWS, named[ROWS]))} if ROWS in named else {}


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        expected = f"a finite number as {name}"
        raise UserError(expected, show(value), "correct what the function returns")
    return number


def name_function(function: Evaluate) -> str:
    """How records call it."""
    return str(getattr(function, "__qualname__", type(function).__name__))


def describe_function(function: Evaluate) -> dict[str, str]:
    """Its name and, where its source can be read, a hash of that."""
    named = {"name": name_function(function)}
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return named
    return named | {"sha256": hashlib.sha256(source.encode()).hexdigest()}


def train_by(function: Evaluate, spec: JobSpec) -> JobSpec:
    """The spec of a job whose trials the function trains. Its head is the model's own, from random
    weights, but where the spec says otherwise: what else a head may be no other program makes.

    Raises:
        UserError: It is no function, or the job has folds, of which it would know nothing.
    """
    if not callable(function):
        expected, got = "a function of one configuration as evaluate=", type(function).__name__
        raise UserError(expected, got, "give one that returns what it measured")
    if spec.task.folds > 1:
        got = f"{spec.task.folds} folds"
        hint = "leave out task.folds: the function may have folds of its own"
        raise UserError("no folds beside evaluate=", got, hint, "task.folds")
    given = spec.head.model_fields_set
    fresh = find_kind(spec.task.kind).form.fresh_head
    plain = {"pooling": "model", "start": "random"} if fresh else {}
    head = spec.head.model_copy(update={x: y for x, y in plain.items() if x not in given})
    training = spec.training.model_copy(update={"function": name_function(function)})
    return spec.model_copy(update={"head": head, "training": training})
