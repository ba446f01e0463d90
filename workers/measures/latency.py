"""How much longer a trained model takes for a batch than the bare one."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.batches.batching import evaluation_batches
from peftsearch.workers.runtime.devices import autocast
from peftsearch.workers.training.trained import Measured, Trained

ROWS = 16
"""Of the batch."""
FEWEST, MOST = 7, 21
"""Rounds."""
PASSES, LEAST = 5, 0.05
"""Passes of each of the two models in a round, and seconds that they take together: both at
least."""
WANTED = 0.02
"""Standard error at which no further round is made."""
_NORMAL = 1.4826 * (np.pi / 2) ** 0.5
"""From a median absolute deviation to the standard error of a median, times the root of n."""


def measure(trained: Trained) -> Measured:
    """1 of what merges into the model and so costs nothing; else the median, over rounds, of how
    the fastest passes of the two models compare.

    Rounds take turns between the two, and so do their beginnings, so that whatever else the
    machine does meets both; a median ignores the round that it meets in one of them alone.
    """
    if all(technique(name).merges for name in trained.configuration.techniques):
        return Measured(1.0, 0.0, {"form": "merged"})
    ratios: list[float] = []
    while len(ratios) < FEWEST or (len(ratios) < MOST and _error(ratios) > WANTED):
        ratios.append(_compare(trained, first=len(ratios) % 2 == 0))
        trained.tick()
    told = {"form": "attached", "rounds": len(ratios), "rows": len(_batch(trained)["labels"])}
    return Measured(float(np.median(ratios)), _error(ratios), told)


def _compare(trained: Trained, first: bool) -> float:
    """Seconds of the adapted model over those of the bare one.

    Args:
        first: Whether the bare one begins.
    """
    call = _call(trained)

    def adapted() -> float:
        with trained.attached():
            return _time(call, trained.job.device)

    if first:
        bare = _time(call, trained.job.device)
        return adapted() / bare
    seconds = adapted()
    return seconds / _time(call, trained.job.device)


def _time(call: Callable[[], Any], device: str) -> float:
    """The fastest of the passes, which other programs have delayed least; one before them is not
    counted."""
    _pass(call, device)
    seconds: list[float] = []
    while len(seconds) < PASSES or sum(seconds) < LEAST:
        seconds.append(_pass(call, device))
    return min(seconds)


def _pass(call: Callable[[], Any], device: str) -> float:
    start = time.perf_counter()
    call()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def _call(trained: Trained) -> Callable[[], Any]:
    job = trained.job
    model, batch = job.backbone.model, _batch(trained)
    told = model.config.is_encoder_decoder  # whose decoder is given the labels alone
    inputs = {name: x for name, x in batch.items() if told or name != "labels"}

    def call() -> None:
        with torch.no_grad(), autocast(job.precision, job.device):
            model(**inputs)

    return call


def _batch(trained: Trained) -> dict[str, torch.Tensor]:
    """Validation rows of middling length."""
    data = trained.job.encoded("validation")
    batches = evaluation_batches(data.lengths, min(ROWS, data.evaluated_together))
    rows = batches[len(batches) // 2]  # of two middles the shorter
    return {name: x.to(trained.job.device) for name, x in data.batch(rows).items()}


def _error(ratios: list[float]) -> float:
    spread = float(np.median(np.abs(np.array(ratios) - np.median(ratios))))
    return float(_NORMAL * spread / len(ratios) ** 0.5)
