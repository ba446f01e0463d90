"""The scores of a model as it stands on one split, by task kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.encodings import Encoded, EncodedResponses
from peftsearch.workers.models.backbone import Backbone

from .generation import count_generations, generate, match
from .inference import count_batches, evidence, mean_loss, predict_logits
from .label_scale import LabelScale
from .metrics import score
from .optimisation import Clock
from .trial_failures import NonFiniteLoss


@dataclass(frozen=True)
class Evaluation:
    """Scores of one split.

    Attributes:
        measurements: Metric name to value.
        predictions: One for each row, `n`, or outputs, `n x classes`; with `references` what
            `metrics.measure` takes for the task's quality.
        references: `n`.
    """

    measurements: Mapping[str, float]
    predictions: NDArray[Any]
    references: NDArray[Any]


@dataclass(frozen=True)
class Evaluator:
    """Scores a backbone, with whatever is attached to it.

    Attributes:
        classes: Number of classes; None for kinds without.
        cached: Whether generation may keep keys and values between tokens.
        positive: Index of the class that the task names as the positive one.
        scale: In whose units the model still answers; None where it answers in the labels'.
    """

    backbone: Backbone
    task: TaskSpec
    classes: int | None
    precision: str
    cached: bool = True
    positive: int | None = None
    scale: LabelScale | None = None

    def count_steps(self, data: Encoded) -> int:
        """How often `evaluate` ticks."""
        return self.count_measuring(data) + self.count_generating(data)

    def count_measuring(self, data: Encoded) -> int:
        """How often `measure` ticks."""
        return count_batches(data)

    def count_generating(self, data: Encoded) -> int:
        """How often `generate` ticks."""
        if isinstance(data, EncodedResponses) and self._generates:
            return count_generations(data)
        return 0

    def evaluate(self, data: Encoded, clock: Clock) -> Evaluation:
        """Score all `n` rows; what is generated only where it is the task's quality.

        Raises:
            NonFiniteLoss: An output is infinite or not a number.
            TrialTimeout: The trial's time is over.
        """
        return self.generate(self.measure(data, clock), data, clock)

    def measure(self, data: Encoded, clock: Clock) -> Evaluation:
        """Score all `n` rows by one forward pass; nothing is generated.

        Raises:
            NonFiniteLoss: An output is infinite or not a number.
            TrialTimeout: The trial's time is over.
        """
        kind = self.task.kind
        logits = predict_logits(
            self.backbone.model, data, self.backbone.device, self.precision, clock.tick
        )
        if not torch.isfinite(logits).all():
            raise NonFiniteLoss(clock.done, float("nan"))
        if self.scale is not None:
            logits = self.scale.restore(logits)
        predictions = evidence(kind, logits, self.task.quality)
        references, told = data.labels.numpy(), evidence(kind, logits)
        scores = score(kind, told, references, self.classes, self.positive)
        scores.pop(self._generated, None)
        scores["loss"] = mean_loss(kind, logits, data.labels)
        return Evaluation(scores, predictions, references)

    def generate(self, found: Evaluation, data: Encoded, clock: Clock) -> Evaluation:
        """With what is generated, where that is the task's quality.

        Args:
            found: What `measure` gave of the model as it stands.

        Raises:
            TrialTimeout: The trial's time is over.
        """
        if not (isinstance(data, EncodedResponses) and self._generates):
            return found
        predictions = self._match(data, clock)
        scores = {**found.measurements, self._generated: float(predictions.mean())}
        return Evaluation(scores, predictions, np.ones(len(data)))

    @property
    def _generated(self) -> str:
        """The metric that only generation can measure; empty where there is none."""
        return find_kind(self.task.kind).load_work().generated or ""

    @property
    def _generates(self) -> bool:
        return self.task.quality == self._generated

    def _match(self, data: EncodedResponses, clock: Clock) -> NDArray[np.float64]:
        backbone = self.backbone
        responses = generate(
            backbone.model,
            backbone.tokenizer,
            data,
            backbone.device,
            self.precision,
            self.cached,
            clock.tick,
        )
        return match(responses, data.responses)
