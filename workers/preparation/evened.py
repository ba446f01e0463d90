"""Floors of a quality that does not count all rows alike, where the job's training does.

A model that is fitted to all rows alike hardly ever answers with a rare class. Nobody who is
judged by such a quality would stay with it, so that it is no honest floor (decision 0074).
"""

from collections.abc import Callable

import numpy as np

from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .balance import Balance
from .opened_job import OpenedJob
from .probes import Probe
from .sampling import sample_labels

EVENED = "evened"
"""In the details of a floor: whether it was fitted so."""
WORDS_OF_EVENED = ", classes weighed alike"


def even_balance(job: OpenedJob) -> Balance | None:
    """Weights with which all classes of the training rows count alike. None where the job balances
    its classes itself, where they are of one size, or where its quality counts all rows alike."""
    work, data = find_kind(job.spec.task.kind).load_work(), job.data
    metric = work.metrics.get(job.spec.task.quality)
    if job.balance is not None or metric is None or metric.alike:
        return None
    asked = TrainingSpec(class_weights="balanced")
    found: Balance | None = work.class_balance(data.train, data.label_names, asked)
    return None if found is None or np.allclose(found.weights, 1) else found


def even_out(job: OpenedJob, plain: Probe, fit: Callable[[Balance], Probe]) -> Probe | None:
    """The model fitted to classes that weigh alike, where it has more of the job's quality on
    held-out training rows than the one fitted to all rows alike; else None."""
    balance = even_balance(job)
    if balance is None:
        return None
    found = fit(balance)
    return found if _quality(job, found) > _quality(job, plain) else None


def _quality(job: OpenedJob, probe: Probe) -> float:
    """Of the held-out outputs, the more the better."""
    work, quality = find_kind(job.spec.task.kind).load_work(), job.spec.task.quality
    value = work.measure(quality, probe.held_out, sample_labels(job), job.classes, job.positive)
    return objective(quality).signed(value)
