"""`run --dry-run`: what a job would do, how long it would take and how much disk it would use.

The time is a forecast from floating-point operations and this machine's measured speed at one of
the model's own matrix products. Real steps reach a part of that speed; `EFFICIENCY` is that part,
measured on encoders on CPU, and the printed range says how far off it may be.
"""

import math
import time
from dataclasses import dataclass
from typing import Any

from peftsearch.search.engine import propose
from peftsearch.spaces.anatomy import Anatomy
from peftsearch.spaces.configuration import Configuration
from peftsearch.spaces.cost import Workload, adapter_bytes, training_flops
from peftsearch.spaces.jobspec import JobSpec
from peftsearch.spaces.presets import make_space
from peftsearch.workers.data import TaskData, load_data

EFFICIENCY = 0.35
SPREAD = 2.0
STARTUP_SECONDS = 15.0


@dataclass(frozen=True)
class Estimate:
    """A forecast of one job.

    Attributes:
        seconds: Low and high forecast for the whole budget with the given workers.
        first: What the first proposals would be.
        disk: Bytes of all adapters, if every one were as large as the mean of the first.
    """

    points: int
    train_rows: int
    validation_rows: int
    trials: int
    seconds: tuple[float, float]
    disk: float
    first: tuple[Configuration, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "points": self.points,
            "train_rows": self.train_rows,
            "validation_rows": self.validation_rows,
            "trials": self.trials,
            "seconds": list(self.seconds),
            "disk_bytes": self.disk,
            "first": [x.to_json() for x in self.first],
            "notes": list(self.notes),
        }


def estimate(spec: JobSpec, workers: int) -> Estimate:
    """Forecast a job without training or writing anything.

    Raises:
        UserError: The data is wrong.
    """
    data = load_data(spec)
    space = make_space(spec)
    first = tuple(x.configuration for x in propose(spec, [], 6, spec.seed))
    seconds = _trial_seconds(spec, data, first)
    seconds /= _devices(workers)
    trials = _trials(spec, seconds)
    whole = STARTUP_SECONDS + trials * seconds
    sizes = [adapter_bytes(x, spec.anatomy) for x in first]
    return Estimate(
        points=space.size,
        train_rows=len(data.train.texts),
        validation_rows=len(data.validation.texts),
        trials=trials,
        seconds=(whole / SPREAD, whole * SPREAD),
        disk=trials * sum(sizes) / len(sizes),
        first=first,
        notes=tuple(data.notes),
    )


def _devices(workers: int) -> int:
    """Devices that train at a time: GPUs add up, workers on a CPU share its cores."""
    import torch

    return max(1, min(workers, torch.cuda.device_count()))


def _trials(spec: JobSpec, seconds: float) -> int:
    """Trials within the budget, where one ends every `seconds`."""
    limits = []
    if spec.budget.trials is not None:
        limits.append(spec.budget.trials)
    if spec.budget.hours is not None:
        limits.append(math.ceil(spec.budget.hours * 3600 / seconds))
    return min(limits)


def _trial_seconds(spec: JobSpec, data: TaskData, first: tuple[Configuration, ...]) -> float:
    """Mean seconds of a trial: training, and one forward pass over the validation split."""
    tokens = _mean_tokens(spec, data)
    train = Workload(len(data.train.texts), tokens, spec.training.epochs)
    forward = Workload(len(data.validation.texts), tokens, 1.0)
    probe = first[0]
    flops = sum(training_flops(x, spec.anatomy, train) for x in first) / len(first)
    flops += training_flops(probe, spec.anatomy, forward)
    return flops / (EFFICIENCY * _measure_speed(spec.anatomy, spec.training.batch_size))


def _mean_tokens(spec: JobSpec, data: TaskData) -> float:
    from peftsearch.workers.backbone import load_tokenizer
    from peftsearch.workers.locations import fetch_model

    texts = data.train.texts[:: max(1, len(data.train.texts) // 200)]
    columns = [list(column) for column in zip(*texts, strict=True)]
    encoded = load_tokenizer(fetch_model(spec.model.path))(
        *columns, truncation=True, max_length=spec.task.max_length
    )
    return sum(map(len, encoded["input_ids"])) / len(texts)


def _measure_speed(anatomy: Anatomy, batch: int) -> float:
    """Floating-point operations per second of this machine at the MLP's product, in float32."""
    import torch

    linear = anatomy.linears["mlp_in"]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    left = torch.randn(batch * 32, linear.inputs, device=device)
    right = torch.randn(linear.inputs, linear.outputs, device=device)
    rates = []
    for _ in range(20):
        started = time.perf_counter()
        (left @ right).sum().item()
        rates.append(2.0 * left.shape[0] * right.numel() / (time.perf_counter() - started))
    return max(rates)
