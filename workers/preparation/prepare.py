"""The preparation of a job: its floors, its head, and where the head's training starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from peftsearch.errors import UserError
from peftsearch.records.preparation import Floor, HeadChoice, Preparation
from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.jobspec.head import HeadSpec
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.chosen_head import final_linear

from .features import Features, extract
from .floors import POOLINGS, Rows, find_target, measure_features, measure_words
from .probes import Floats, Probe, fit_probe, prefer

MOST_ROWS = 10_000
"""Training rows that floors are fitted to at most; the first ones."""
ORDER = ("model", "last", "mean", "first")
"""Poolings; the first of those that are equally good is taken, and what plain `transformers` loads
comes first."""


@dataclass(frozen=True)
class Prepared:
    """A preparation and, as safetensors, the head that training starts from; empty where it starts
    at random."""

    preparation: Preparation
    tensors: bytes = b""


def prepare(
    spec: JobSpec,
    backbone: Backbone,
    data: TaskData,
    encoded: Callable[[str], Encoded],
    precision: str,
    positive: int | None = None,
    on_batch: Callable[[], None] = lambda: None,
) -> Prepared:
    """Fit the floors of a job and choose its head, from training rows alone.

    Args:
        backbone: With its own head, and nothing attached.
        encoded: Gives the rows of `train` and `validation` as the model takes them.
        positive: Index of the class that the task names as the positive one.
    """
    if find_target(spec.task.kind) is None:
        return Prepared(Preparation())
    train, held = encoded("train"), encoded("validation")
    some = np.unique(
        np.linspace(0, len(train) - 1, min(MOST_ROWS, len(train))).astype(int)
    ).tolist()
    classes = len(data.label_names) or None
    rows = Rows(spec.task, classes, train.labels.numpy()[some], held.labels.numpy(), positive)
    features = extract(backbone, train, some, precision, on_batch)
    probes = fit_probes(rows, backbone, features, on_batch)
    floors: list[Floor] = []
    best = choose_pooling(spec.head, probes)
    if best is not None:
        known = extract(backbone, held, range(len(held)), precision, on_batch)[best]
        if torch.isfinite(known).all():
            floors.append(measure_features(rows, probes[best], known.double().numpy(), best))
    floors += measure_words(rows, data.train.pick(some), data.validation)
    choice, tensors = _decide(spec.head, backbone, probes, best)
    return Prepared(Preparation(tuple(floors), choice, _tell(rows, probes, choice)), tensors)


def fit_probes(
    rows: Rows,
    backbone: Backbone,
    features: Features,
    on_probe: Callable[[], None] = lambda: None,
) -> dict[str, Probe]:
    """A probe on the finite features of each pooling, in the order of `ORDER`. Of a model whose
    features are infinite there is none, and its trials say so."""
    probes = {}
    for name in ORDER:
        if name in features and torch.isfinite(features[name]).all():
            x = features[name].double().numpy()
            intercept = _has_bias(backbone, name)
            probes[name] = fit_probe(rows.target, x, rows.labels, rows.outputs, intercept)
            on_probe()
    return probes


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


def _decide(
    head: HeadSpec, backbone: Backbone, probes: Mapping[str, Probe], best: str | None
) -> tuple[HeadChoice, bytes]:
    """The head, and the tensors that it starts from."""
    own = best is None or (head.pooling == "model" and best not in ("model", "last"))
    pooling: Any = "model" if own else best
    if own or head.start == "random":
        if head.start == "probe":
            expected = "a head of one linear, which a probe can start"
            hint = 'set head.pooling or head.start to "auto"'
            raise UserError(expected, "this model's own head", hint, "head.start")
        return HeadChoice(pooling, "random"), b""
    return HeadChoice(pooling, "probe"), save(_tensors(backbone, pooling, probes[pooling]))


def _tensors(backbone: Backbone, pooling: str, probe: Probe) -> dict[str, torch.Tensor]:
    """The probe as the head's tensors, by full name."""
    own = final_linear(backbone)
    name = own[0] if own is not None and pooling in ("model", "last") else POOLED
    tensors = {f"{name}.weight": _tensor(probe.linear.weight)}
    if _has_bias(backbone, pooling):
        tensors[f"{name}.bias"] = _tensor(probe.linear.bias)
    return tensors


def _tensor(values: Floats) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float32).contiguous()


def _has_bias(backbone: Backbone, pooling: str) -> bool:
    own = final_linear(backbone)
    return own is None or pooling not in ("model", "last") or own[1].bias is not None


def _tell(rows: Rows, probes: Mapping[str, Probe], choice: HeadChoice) -> tuple[str, ...]:
    """What was found, for people."""
    unit = "squared error" if rows.target == "numbers" else "nats"
    each = ", ".join(f"{POOLINGS[x]} {p.losses.mean():.4f}" for x, p in probes.items())
    start = "the fitted probe" if choice.start == "probe" else "random weights"
    head = f"head on {POOLINGS[choice.pooling]}, started at {start}"
    if not probes:
        return (head,)
    return (
        f"{head}; held-out loss of probes on {len(rows.labels):,} training rows, {unit}: {each}",
    )
