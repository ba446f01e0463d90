"""The best of a few states of a training, by the loss that it trains, on the validation rows."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.preparation.evaluation import Evaluation

_ARRAYS = ("predictions", "references")


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

    def state(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """All that it knows, for `take_up`: plain data for JSON, and tensors on the CPU."""
        told: dict[str, Any] = {"kept": self.kept, "last": self._last, "found": None}
        tensors = {f"kept/{name}": x for name, x in self._tensors.items()}
        if self.found is not None:
            scores = {name: float(x) for name, x in self.found.measurements.items()}
            told["found"] = {"measurements": scores, "trained_loss": self.found.trained_loss}
            for name in _ARRAYS:
                tensors[name] = torch.tensor(np.ascontiguousarray(getattr(self.found, name)))
        return told, tensors

    def take_up(self, told: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        """Know what another one knew, of the same training."""
        self.kept, self._last, found = told["kept"], told["last"], told["found"]
        kept = {name: x for name, x in tensors.items() if name not in _ARRAYS}
        self._tensors = {name.removeprefix("kept/"): x for name, x in kept.items()}
        if found is not None:
            predictions, references = (tensors[name].numpy() for name in _ARRAYS)
            scores, loss = found["measurements"], found["trained_loss"]
            self.found = Evaluation(scores, predictions, references, loss)


def _loss(found: Evaluation) -> float:
    return found.loss if math.isfinite(found.loss) else math.inf
