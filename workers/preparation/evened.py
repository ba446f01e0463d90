"""Floors of a quality that does not count all rows alike, where the job's training does.

A model that is fitted to all rows alike hardly ever answers with a rare class. Nobody who is
judged by such a quality would stay with it, so that it is no honest floor (decision 0074).
"""

from collections.abc import Callable

import numpy as np

from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .balance import Balance, Floats
from .opened_job import OpenedJob
from .probes import Merit, Probe
from .sampling import sample_labels

BY_QUALITY = "quality"
"""By the quality, where that is so; else true stands there."""
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


def even_out(
    job: OpenedJob, plain: Probe, fit: Callable[[Balance, Merit | None], Probe]
) -> Probe | None:
    """The model fitted to classes that weigh alike, where it has more of the job's quality on
    held-out training rows than the one fitted to all rows alike; else None."""
    balance = even_balance(job)
    if balance is None:
        return None
    merit = merit_of(job)
    # The loss may be least where one class answers all rows: then the quality chooses the penalty.
    for chosen_by in (None, merit):
        found = fit(balance, chosen_by)
        if merit(found.held_out) > merit(plain.held_out):
            return found
    return None


def tell_evened(probe: Probe | None) -> bool | str:
    """What a floor's details say of it; false where its classes do not weigh alike."""
    return False if probe is None else BY_QUALITY if probe.by_merit else True


def merit_of(job: OpenedJob) -> Merit:
    """The job's quality of outputs for the sampled training rows, the more the better."""
    work, quality = find_kind(job.spec.task.kind).load_work(), job.spec.task.quality
    truth, goal = sample_labels(job), objective(quality)

    def merit(outputs: Floats) -> float:
        return goal.signed(work.measure(quality, outputs, truth, job.classes, job.positive))

    return merit


def stored_merit(job: OpenedJob, chosen_by: object) -> Merit | None:
    """What chose the penalty of a floor that is made again: None for the loss."""
    return merit_of(job) if chosen_by == BY_QUALITY else None
