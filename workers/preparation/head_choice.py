"""The head of a job: its pooling, and where its training starts, by probes on frozen features."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save

from peftsearch.errors import UserError
from peftsearch.records.preparation import HeadChoice
from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.jobspec.head import HeadSpec
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.chosen_head import final_linear

from .balance import Floats
from .baselines import OnBatch
from .evened import even_out
from .feature_baseline import POOLINGS
from .feature_probes import ORDER, fit_features, has_bias, training_features
from .linear_models import Linear, Target
from .opened_job import OpenedJob
from .probes import Probe, prefer
from .sampling import sample_rows

OF_HEADS = ORDER[:-1]
"""Poolings that a head may have."""
_APART = "probe"
"""Under which the probe is kept where no head starts at it."""


@dataclass(frozen=True)
class ChosenHead:
    """A head, and the probe on the features that tell most.

    Attributes:
        tensors: The probe, as safetensors; by the names of the head's tensors where it starts
            there. Empty without a probe.
        note: For people: what was decided, and why.
        pooling: Of the probe; None without one.
        probe: None where the model's features are infinite, or it has none.
        evened: Of the same features, where classes that weigh alike make the better floor.
    """

    choice: HeadChoice
    tensors: bytes
    note: str
    pooling: str | None
    probe: Linear | None
    evened: Probe | None = None


def choose_head(job: OpenedJob, target: Target, on_batch: OnBatch) -> ChosenHead:
    """Fit a probe for each pooling to training rows, and take the best or the one that is asked
    for.

    Args:
        job: With the model's own head.

    Raises:
        UserError: The spec asks for a head that this model cannot have.
    """
    features = training_features(job, on_batch)
    probes = {}
    for name in features:
        probes[name] = fit_features(job, target, features, name, job.balance)
        on_batch()
    best = choose_pooling(job.spec.head, probes)
    choice = _decide(job.spec.head, best)
    note = _tell(job, target, probes, choice)
    if best is None:
        return ChosenHead(choice, b"", note, None, None)
    name = _name_start(job.backbone, best) if choice.start == "probe" else _APART
    biased = choice.start == "random" or has_bias(job.backbone, best)
    tensors = save(_tensors(name, probes[best].linear, biased))
    evened = even_out(job, probes[best], partial(fit_features, job, target, features, best))
    return ChosenHead(choice, tensors, note, best, probes[best].linear, evened)


def read_probe(tensors: bytes) -> Linear | None:
    """The probe that `ChosenHead.tensors` hold; None where they hold none."""
    if not tensors:
        return None
    found = {name.rpartition(".")[2]: x.double().numpy() for name, x in load(tensors).items()}
    return Linear(found["weight"], found.get("bias", np.zeros(len(found["weight"]))))


def choose_pooling(head: HeadSpec, probes: Mapping[str, Probe]) -> str | None:
    """Of the probes, the one that is asked for, else the best; None where there are none."""
    if not probes:
        return None
    own = next((name for name in ("model", "last") if name in probes), None)
    asked = {"model": own, "first": own if "first" not in probes else "first", "mean": "mean"}
    if (named := asked.get(head.pooling)) is not None:
        return named
    names = list(probes)
    return names[prefer([probes[name].losses for name in names])]


def _decide(head: HeadSpec, best: str | None) -> HeadChoice:
    own = best not in OF_HEADS or (head.pooling == "model" and best not in ("model", "last"))
    pooling: Any = "model" if own else best
    if not own and head.start != "random":
        return HeadChoice(pooling, "probe")
    if head.start == "probe":
        expected = "a head of one linear, which a probe can start"
        hint = 'set head.pooling or head.start to "auto"'
        raise UserError(expected, "this model's own head", hint, "head.start")
    return HeadChoice(pooling, "random")


def _name_start(backbone: Backbone, pooling: str) -> str:
    """Full name of the linear that starts at the probe."""
    own = final_linear(backbone)
    return own[0] if own is not None and pooling in ("model", "last") else POOLED


def _tensors(name: str, linear: Linear, biased: bool) -> dict[str, torch.Tensor]:
    tensors = {f"{name}.weight": _tensor(linear.weight)}
    return tensors | ({f"{name}.bias": _tensor(linear.bias)} if biased else {})


def _tensor(values: Floats) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float32).contiguous()


def _tell(job: OpenedJob, target: Target, probes: Mapping[str, Probe], choice: HeadChoice) -> str:
    """What was found, for people."""
    unit = "squared error" if target == "numbers" else "nats"
    each = ", ".join(f"{POOLINGS[x]} {p.losses.mean():.4f}" for x, p in probes.items())
    start = "the fitted probe" if choice.start == "probe" else "random weights"
    head = f"head on {POOLINGS[choice.pooling]}, started at {start}"
    if not probes:
        return head
    rows = f"{len(sample_rows(job)):,} training rows"
    told = f"{head}; held-out loss of probes on {rows}, {unit}: {each}"
    best = min(probes.values(), key=lambda x: float(x.losses.mean()))
    taken = probes.get(choice.pooling, best)
    level = job.spec.head.pooling == "auto" and taken.losses.mean() > best.losses.mean()
    return f"{told} (within noise, where the first named is taken)" if level else told
