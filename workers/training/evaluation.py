"""The scores of a backbone as it stands, with whatever is attached to it."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.encodings import Encoded, EncodedResponses
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.preparation.balance import Balance
from peftsearch.workers.preparation.evaluation import Evaluation, evaluate_outputs

from .clock import Clock
from .generation import count_generations, generate, match
from .inference import count_batches, predict_logits
from .label_scale import LabelScale
from .trial_failures import NonFiniteLoss


@dataclass(frozen=True)
class Evaluator:
    """Scores a backbone, with whatever is attached to it.

    Attributes:
        classes: Number of classes; None for kinds without.
        cached: Whether generation may keep keys and values between tokens.
        positive: Index of the class that the task names as the positive one.
        scale: In whose units the model still answers; None where it answers in the labels'.
        balance: What the training loss makes of classes; None where it treats all rows alike.
    """

    backbone: Backbone
    task: TaskSpec
    classes: int | None
    precision: str
    cached: bool = True
    positive: int | None = None
    scale: LabelScale | None = None
    balance: Balance | None = None

    def count_steps(self, data: Encoded) -> int:
        """How often `evaluate` ticks."""
        return self.count_measuring(data) + self.count_generating(data)

    def count_measuring(self, data: Encoded) -> int:
        """How often `measure` ticks."""
        return count_batches(data)

    def count_generating(self, data: Encoded) -> int:
        """How often `generate` ticks."""
        if isinstance(data, EncodedResponses) and self._generates:
            return count_generations(len(data))
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
        logits = predict_logits(
            self.backbone.model, data, self.backbone.device, self.precision, clock.tick
        )
        if not torch.isfinite(logits).all():
            raise NonFiniteLoss(clock.done, float("nan"))
        if self.scale is not None:
            logits = self.scale.restore(logits)
        found = evaluate_outputs(
            self.task, logits, data.labels, self.classes, self.positive, self.balance
        )
        told = {k: x for k, x in found.measurements.items() if k != self._generated}
        return replace(found, measurements=told)

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
