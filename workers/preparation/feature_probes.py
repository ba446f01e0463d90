"""Linear models of the training rows' frozen features, one for each pooling."""

from collections.abc import Mapping

import torch

from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.chosen_head import final_linear

from .balance import Balance
from .baselines import OnBatch
from .evened import even_balance, stored_merit
from .features import extract
from .linear_models import Target
from .opened_job import OpenedJob
from .probes import Merit, Probe, fit_probe
from .sampling import sample_labels, sample_rows

ORDER = ("model", "last", "mean", "first", "encoder")
"""Poolings; the first of those that are equally good is taken, and what plain `transformers` loads
comes first."""
Features = Mapping[str, torch.Tensor]
"""By pooling, in the order of `ORDER`: the features of the sampled rows, `n x d`."""


def training_features(job: OpenedJob, on_batch: OnBatch) -> Features:
    """The finite ones. Of a model whose features are infinite there are none, and its trials say
    so."""
    found = extract(job.backbone, job.encoded("train"), sample_rows(job), job.precision, on_batch)
    return {x: found[x] for x in ORDER if x in found and torch.isfinite(found[x]).all()}


def fit_features(
    job: OpenedJob,
    target: Target,
    features: Features,
    pooling: str,
    balance: Balance | None,
    merit: Merit | None = None,
) -> Probe:
    """The probe of a pooling, under some balance of the classes."""
    x, intercept = features[pooling].double().numpy(), has_bias(job.backbone, pooling)
    labels = sample_labels(job)
    classes = job.classes or 1
    return fit_probe(target, x, labels, classes, intercept, balance=balance, merit=merit)


def fit_evened(job: OpenedJob, target: Target, pooling: str, chosen_by: object) -> Probe | None:
    """The evened probe of a pooling as it was fitted before; None where there is none.

    Args:
        chosen_by: What the floor's details say of it.
    """
    features, balance = training_features(job, lambda: None), even_balance(job)
    if pooling not in features or balance is None:
        return None
    merit = stored_merit(job, chosen_by)
    return fit_features(job, target, features, pooling, balance, merit)


def has_bias(backbone: Backbone, pooling: str) -> bool:
    """Whether the head's linear on that pooling has a bias, and so its probe."""
    own = final_linear(backbone)
    return own is None or pooling not in ("model", "last") or own[1].bias is not None
