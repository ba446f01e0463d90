"""Logistic or ridge regression on frozen features."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch

from peftsearch.records.preparation import EVENED

from .baselines import Baseline, OnBatch
from .evaluation import Evaluation, evaluate_split
from .evened import WORDS_OF_EVENED
from .features import extract
from .linear_models import Linear, name_regression
from .opened_job import OpenedJob

FEATURES = "features"
POOLINGS: Mapping[str, str] = {
    "first": "first token",
    "mean": "mean of the last layer",
    "last": "last token",
    "model": "the model's own pooling",
    "encoder": "mean of the encoder's last layer",
}


def use_features(
    job: OpenedJob, pooling: str, linear: Linear, evened: bool | str = False
) -> Baseline:
    """A linear on pooled states of the frozen model.

    Args:
        job: With the model's own head, also where it is scored later.
        evened: Whether it was fitted to classes that weigh alike, and by what its penalty was
            chosen, as `evened.tell_evened` says.
    """
    regression = name_regression(job.spec.task.kind)
    label = f"{regression} regression on frozen features ({POOLINGS[pooling]})"
    details: dict[str, Any] = {"pooling": pooling} | ({EVENED: evened} if evened else {})
    label += WORDS_OF_EVENED if evened else ""
    return Baseline(FEATURES, label, partial(_score, job, pooling, linear), details)


def _score(
    job: OpenedJob, pooling: str, linear: Linear, split: str, on_batch: OnBatch
) -> Evaluation | None:
    data = job.encoded(split)
    features = extract(job.backbone, data, range(len(data)), job.precision, on_batch)
    if not torch.isfinite(features[pooling]).all():
        return None
    return evaluate_split(job, split, linear.outputs(features[pooling].double().numpy()))
