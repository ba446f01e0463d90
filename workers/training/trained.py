"""A trained adapter as measures of the trained model find it, and those measures at work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from peftsearch.errors import ANYTHING
from peftsearch.extensions import broken
from peftsearch.records.trial import MEASURES
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import GROUP, OBJECTIVES, objective
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.batches.batching import evaluation_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.runtime.devices import autocast

from .clock import Clock
from .outcome import Outcome, as_number, passes


@dataclass(frozen=True)
class Measured:
    """What a measure found.

    Attributes:
        error: Standard error by the rows or the repeats that it is of; None where unknown.
        details: What else is to stand with the trial, as plain data.
    """

    value: float
    error: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """A trained adapter beside its job. The model is the bare one, but within `attached`.

    Attributes:
        job: Its spec, model, tokenizer, data and encoded rows.
        outcome: What the trial has measured, the adapter's tensors, and predictions and references
            of the validation rows.
    """

    job: OpenedJob
    configuration: Configuration
    seed: int
    outcome: Outcome
    clock: Clock

    @contextmanager
    def attached(self) -> Iterator[Any]:
        """The model with the adapter and its head, in eval mode, for the length of a block."""
        attachment = attach(self.job.backbone, self.configuration, 0)
        try:
            attachment.load(self.outcome.tensors)
            yield self.job.backbone.model
        finally:
            attachment.detach()

    def tick(self) -> None:
        """Say that the measure is still at work: one that says nothing for minutes is taken for
        dead, and its trial is given to another worker.

        Raises:
            TrialTimeout: The trial's time is over.
        """
        self.clock.beat()

    def each_batch(
        self, data: Encoded, rows: Sequence[int], read: Callable[[dict[str, Any]], torch.Tensor]
    ) -> torch.Tensor:
        """What a function gives for batches of some rows, in the order of the rows, on the CPU.

        Args:
            read: From a batch of `b` examples, on the model's device, to `b x ...`.
        """
        lengths, device = data.lengths, self.job.device
        order: list[int] = []
        parts = []
        for places in evaluation_batches([lengths[i] for i in rows], data.evaluated_together):
            batch = data.batch([rows[i] for i in places])
            with torch.no_grad(), autocast(self.job.precision, device):
                found = read({name: x.to(device) for name, x in batch.items()})
            parts.append(found.detach().cpu())
            order += places
            self.tick()
        joined = torch.cat(parts)
        ordered = torch.empty_like(joined)
        ordered[torch.tensor(order)] = joined
        return ordered

    def losses(self, data: Encoded, rows: Sequence[int]) -> NDArray[np.float64]:
        """The loss of each of `k` rows by the model as it stands, as its kind of task measures
        it: of classes in nats, of responses in nats per token, 0 of one without any token.

        Call it within `attached`, or outside for the bare model.
        """
        work = find_kind(self.job.spec.task.kind).load_work()
        model = self.job.backbone.model
        outputs = self.each_batch(data, rows, lambda batch: data.outputs(model, batch))
        labels = data.labels[torch.as_tensor(rows)]
        each = [
            work.mean_loss(outputs[i : i + 1], labels[i : i + 1]) if data.weight([row]) else 0.0
            for i, row in enumerate(rows)
        ]
        return np.array(each, dtype=np.float64)


Measure = Callable[[Trained], Measured | float]


def measure_trained(trained: Trained) -> Outcome:
    """The outcome with what the job asks of the trained model; errors and details stand with the
    provenance.

    Raises:
        UserError: A measure of another package fails or gives no finite number, or the rows or
            the text tell no value.
    """
    found = {x: _measure(x, trained) for x in trained.job.spec.of_trained}
    if not found:
        return trained.outcome
    told = {name: {"error": x.error, **x.details} for name, x in found.items()}
    return replace(
        trained.outcome,
        measurements={
            **trained.outcome.measurements,
            **{name: x.value for name, x in found.items()},
        },
        provenance={**trained.outcome.provenance, MEASURES: told},
    )


def _measure(name: str, trained: Trained) -> Measured:
    trained.tick()
    try:
        given = _load(name)(trained)
        found = given if isinstance(given, Measured) else Measured(as_number(given))
        error = None if found.error is None else as_number(found.error)
        return Measured(as_number(found.value), error, dict(found.details))
    except ANYTHING as error:
        if name in OBJECTIVES.own or passes(error):
            raise
        got = f"{type(error).__name__}: {error}"
        raise broken(GROUP, name, "a number as the measure", got) from error


def _load(name: str) -> Measure:
    """The function behind a row.

    Raises:
        AttributeError, ImportError: There is none.
    """
    module, _, function = objective(name).trained.partition(":")
    found: Measure = getattr(import_module(module), function)
    return found
