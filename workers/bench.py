"""One job's backbone and data in one process: from a configuration to measured metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from numpy.typing import NDArray

from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.cost import KNOWN_COSTS
from peftsearch.spaces.jobspec import JobSpec

from .adapters import Attachment, attach
from .backbone import Backbone, load_backbone, name_labels
from .batching import Encoded, encode
from .data import Split, TaskData, load_data, load_test
from .devices import choose_device, choose_precision
from .failures import NonFiniteLoss
from .heads import head_parameters
from .inference import count_batches, decide, mean_loss, predict_logits
from .memory import MemoryMeter
from .metrics import score
from .provenance import describe
from .training import Clock, OnStep, count_steps, train


@dataclass(frozen=True)
class Outcome:
    """What a trial gave.

    Attributes:
        measurements: Objective name to value.
        tensors: Adapter and head by full name, on the CPU.
        predictions: One for each row of the evaluated split, `n`.
        references: The labels of those rows, `n`.
    """

    measurements: Mapping[str, float]
    provenance: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]
    predictions: NDArray[Any]
    references: NDArray[Any]


def known_costs(configuration: Configuration, anatomy: Anatomy) -> dict[str, float]:
    """The exact costs by objective name."""
    return {name: float(cost(configuration, anatomy)) for name, cost in KNOWN_COSTS.items()}


@dataclass
class Bench:
    """Evaluates configurations one after another on one backbone.

    Attributes:
        precision: Of matrix products, `float32` or `bfloat16`.
    """

    spec: JobSpec
    backbone: Backbone
    data: TaskData
    precision: str
    _encoded: dict[str, Encoded] = field(default_factory=dict)

    @classmethod
    def open(cls, spec: JobSpec, device: str = "auto") -> "Bench":
        """Load data and model once.

        Raises:
            UserError: The data, the model or the device cannot be used.
        """
        chosen = choose_device(device)
        data = load_data(spec)
        backbone = load_backbone(spec, max(1, len(data.label_names)), chosen)
        if data.label_names:
            name_labels(backbone, tuple(data.label_names))
        return cls(spec, backbone, data, choose_precision(spec.training.precision, chosen))

    @property
    def device(self) -> str:
        """The torch device."""
        return self.backbone.device

    def evaluate(
        self,
        configuration: Configuration,
        seed: int,
        on_step: OnStep = lambda done, total: None,
        split: str = "validation",
    ) -> Outcome:
        """Train the configuration and score it on a split (`validation` or `test`).

        The backbone is left as it was found, also when `on_step` or anything else raises.

        Raises:
            TrialFailure: Non-finite loss or timeout; `classify` types all other errors.
            UserError: The configuration does not fit the model, or the test split is unusable.
        """
        held_out = self.encoded(split)
        attachment = attach(self.backbone, configuration, seed)
        try:
            return self._measure(attachment, configuration, seed, on_step, held_out)
        finally:
            attachment.detach()

    def predict(
        self,
        configuration: Configuration,
        tensors: Mapping[str, torch.Tensor],
        data: Encoded,
    ) -> torch.Tensor:
        """Outputs of a trained adapter on `n` rows, `n x classes`.

        Raises:
            UserError: The tensors are not of this configuration and model.
        """
        attachment = attach(self.backbone, configuration, 0)
        try:
            attachment.load(tensors)
            return predict_logits(self.backbone.model, data, self.device, self.precision)
        finally:
            attachment.detach()

    def encoded(self, split: str) -> Encoded:
        """A split's tokens, made once. The test split is read here, when it is first asked for."""
        if split not in self._encoded:
            self._encoded[split] = self._encode(self._split(split))
        return self._encoded[split]

    @cached_property
    def mean_tokens(self) -> float:
        """Mean tokens of a training example."""
        lengths = self.encoded("train").lengths
        return sum(lengths) / len(lengths)

    def _split(self, name: str) -> Split:
        if name == "test":
            return load_test(self.spec)
        return self.data.train if name == "train" else self.data.validation

    def _encode(self, split: Split) -> Encoded:
        exact = torch.float32 if self.spec.task.kind == "regression" else torch.int64
        labels = torch.as_tensor(split.labels, dtype=exact)
        columns = list(zip(*split.texts, strict=True))
        return encode(self.backbone.tokenizer, columns, labels, self.spec.task.max_length)

    def _measure(
        self,
        attachment: Attachment,
        configuration: Configuration,
        seed: int,
        on_step: OnStep,
        held_out: Encoded,
    ) -> Outcome:
        meter = MemoryMeter(self.backbone.device)
        seconds, clock = self._train(attachment, configuration, seed, on_step, held_out, meter)
        logits = predict_logits(
            self.backbone.model, held_out, self.backbone.device, self.precision, clock.tick
        )
        if not torch.isfinite(logits).all():
            raise NonFiniteLoss(clock.done, float("nan"))
        measured = self._score(logits, held_out)
        measured |= known_costs(configuration, self.backbone.anatomy)
        measured |= {"training_seconds": seconds, "peak_memory_bytes": float(meter.bytes)}
        task = self.spec.task
        return Outcome(
            measured,
            self.provenance(seed),
            attachment.tensors(),
            decide(task.kind, logits),
            held_out.labels.numpy(),
        )

    def _train(
        self,
        attachment: Attachment,
        configuration: Configuration,
        seed: int,
        on_step: OnStep,
        held_out: Encoded,
        meter: MemoryMeter,
    ) -> tuple[float, Clock]:
        rows, training = self.encoded("train"), self.spec.training
        total = count_steps(len(rows), training) + count_batches(len(held_out))
        clock = Clock(total, on_step, training.timeout_minutes)
        seconds = train(
            self.backbone,
            attachment,
            rows,
            training,
            configuration.learning_rate,
            seed,
            self.precision,
            clock,
            meter,
        )
        return seconds, clock

    def _score(self, logits: torch.Tensor, data: Encoded) -> dict[str, float]:
        kind = self.spec.task.kind
        classes = len(self.data.label_names) or None
        scores = score(kind, decide(kind, logits), data.labels.numpy(), classes)
        return dict(scores) | {"loss": mean_loss(kind, logits, data.labels)}

    def provenance(self, seed: int) -> dict[str, Any]:
        """What a trial's numbers depend on."""
        head = head_parameters(self.backbone.model, self.backbone.heads)
        return describe(
            self.backbone, self.spec.model.path, self.data.fingerprint, self.precision, seed
        ) | {
            "train_rows": len(self.data.train.texts),
            "validation_rows": len(self.data.validation.texts),
            "head_parameters": sum(parameter.numel() for parameter in head.values()),
        }
