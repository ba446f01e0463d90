"""The best of a few states of a training, by the loss that it trains, on the validation rows."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import torch

from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.preparation.evaluation import Evaluation


@dataclass
class Checkpoints:
    """Keeps the state with the least loss among those after given steps.

    With one stop there is nothing to choose from: nothing is measured, and the last state stays.

    Attributes:
        stops: After which steps; the last one is the end of the training.
        measure: Scores the model as it stands.
        kept: After how many steps the kept state was; 0 before the first stop.
        found: What was measured of it.
    """

    attachment: Attachment
    stops: Collection[int]
    measure: Callable[[], Evaluation]
    kept: int = 0
    found: Evaluation | None = None
    _tensors: Mapping[str, torch.Tensor] = field(default_factory=dict)
    _last: int = 0

    def after_step(self, done: int) -> None:
        """Look at the state after so many steps, if it is one of the stops."""
        if done not in self.stops:
            return
        self._last = done
        if len(self.stops) == 1:
            self.kept = done
            return
        found = self.measure()
        if self.found is None or _loss(found) < _loss(self.found):
            self.kept, self.found = done, found
            self._tensors = {} if done == max(self.stops) else self.attachment.tensors()

    def restore(self) -> None:
        """Bring the kept state back, where training has gone on since."""
        if self._last > self.kept:
            self.attachment.load(self._tensors)


def _loss(found: Evaluation) -> float:
    return found.loss if math.isfinite(found.loss) else math.inf
