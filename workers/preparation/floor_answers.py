"""What the best floor answered on the validation rows, beside which trials are scored.

Both answer the same rows, so that what both get wrong says nothing of their difference. Its error
by pairs of answers is smaller than that of two separate samples, by half and more where the two
mostly agree.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from peftsearch.records.estimates import pair_error
from peftsearch.records.trial import GAIN_ERRORS, QUALITY_ERROR
from peftsearch.spaces.jobspec.objectives import objective

from .evaluation import OF_ROWS, Evaluation, bootstrap, spread
from .opened_job import OpenedJob

_LEAST = 1e-6
"""Of the quality, for its difference's error: what rounding alone makes is no gain."""


@dataclass(frozen=True)
class FloorAnswers:
    """Of one floor.

    Attributes:
        name: Of the floor.
        predictions: As `Evaluation.predictions`, in the order of the validation rows.
    """

    name: str
    predictions: NDArray[Any]


def write_answers(answers: Mapping[str, Evaluation]) -> bytes:
    """As safetensors, by the floors' names: predictions alone, of outputs in float32."""
    tensors = {name: torch.as_tensor(found.predictions) for name, found in answers.items()}
    if not tensors:
        return b""
    return save({k: x.float() if x.is_floating_point() else x for k, x in tensors.items()})


def read_answers(tensors: Mapping[str, torch.Tensor]) -> FloorAnswers | None:
    """What was kept, of the best floor alone; None of jobs of before that was."""
    kept = [FloorAnswers(name, x.numpy()) for name, x in tensors.items()]
    return kept[0] if kept else None


def tell_errors(job: OpenedJob, found: Evaluation, beside: FloorAnswers | None) -> dict[str, Any]:
    """What a trial's provenance says of the standard errors of its quality and of the quality's
    difference to the floor's: of a share of right rows alone there is a formula.

    Args:
        beside: None where the rows are others than those that the floor answered.
    """
    quality = job.spec.task.quality
    if quality not in found.measurements:
        return {}
    if beside is not None and len(beside.predictions) != len(found.references):
        beside = None
    if quality in OF_ROWS:
        return {} if beside is None else _tell(beside, _pair_rows(found, beside))
    answers = [found.predictions, *([] if beside is None else [beside.predictions])]
    drawn = bootstrap(job, answers, found.references)
    own = {} if objective(quality).share else {QUALITY_ERROR: spread(job, found, drawn[:, 0])}
    told: dict[str, Any] = {name: x for name, x in own.items() if math.isfinite(x)}
    if beside is not None:
        error = float(np.std(drawn[:, 0] - drawn[:, 1], ddof=1)) * _widen(found, beside)
        told |= _tell(beside, max(error, _LEAST * float(np.max(np.abs(drawn)))))
    return told


def _tell(beside: FloorAnswers, error: float) -> dict[str, Any]:
    return {GAIN_ERRORS: {beside.name: error}} if 0 < error < math.inf else {}


def _widen(found: Evaluation, beside: FloorAnswers) -> float:
    """By how much samples of a few rows that differ are too sure, as `pair_error` has it: of one
    such row by the square root of 2."""
    same = np.isclose(found.predictions, beside.predictions)
    differ = len(same) - int(np.sum(same.reshape(len(same), -1).all(axis=1)))
    return math.sqrt((differ + 1) / differ) if differ else 1.0


def _pair_rows(found: Evaluation, beside: FloorAnswers) -> float:
    right = found.predictions == found.references, beside.predictions == found.references
    gained, lost = np.sum(right[0] & ~right[1]), np.sum(right[1] & ~right[0])
    return pair_error(int(gained), int(lost), len(found.references))
