"""`run --dry-run`: what a job would do, how long it would take and how much disk it would use.

The time is a forecast from floating-point operations and this machine's measured speed at one of
the model's own matrix products. Real steps reach a part of that speed; `EFFICIENCY` is that part,
measured on encoders on CPU, and the printed range says how far off it may be.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.configurations.training_flops import forward_flops, training_flops
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.sampler_names import ENGINE
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.dropout import note_dropout
from peftsearch.spaces.space.feasibility import Share, check_bounds, estimate_share
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from peftsearch.workers.data.task_data import load_data

from .memory_need import MemoryNeed, foresee_memory
from .settling import settle, with_supposed_head
from .training_length import note_resolution, tell_length

EFFICIENCY = 0.35
SPREAD = 2.0
STARTUP_SECONDS = 15.0


@dataclass(frozen=True)
class Forecast:
    """A forecast of one job.

    Attributes:
        configurations: Size of the space without the learning rate (`spaces.counting`).
        rates: Number of learning rates.
        regimes: Number of combinations of what else of the training is searched; 1 for nothing.
        seconds: Low and high forecast for the whole budget with the given workers.
        goals: The objectives of the front, the quality first.
        limits: Bounds on what is measured, which the front keeps.
        bounds: The hard bounds on known costs.
        share: How much of the space meets them, estimated; None without bounds.
        test_rows: That `confirm` will score; None where a source of their own holds them.
        floors: Baselines without adapters that will be measured, in words.
        quality: Which metric is the quality, and why.
        steps: Of a training; where that is searched, the mean.
        epochs: The same.
        length: A sentence on the steps of each training.
        max_length: Tokens of an example at most; None of images.
        memory: Of each worker's model.
        first: What the first proposals would be.
        disk: Bytes of all adapters, if every one were as large as the mean of the first.
    """

    configurations: int
    rates: int
    regimes: int
    train_rows: int
    validation_rows: int
    test_rows: int | None
    goals: tuple[str, ...]
    limits: tuple[str, ...]
    bounds: tuple[str, ...]
    share: Share | None
    floors: tuple[str, ...]
    quality: str
    steps: float
    epochs: float
    length: str
    max_length: int | None
    memory: MemoryNeed
    trials: int
    seconds: tuple[float, float]
    disk: float
    first: tuple[Configuration, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "configurations": self.configurations,
            "learning_rates": self.rates,
            "regimes": self.regimes,
            "train_rows": self.train_rows,
            "validation_rows": self.validation_rows,
            "test_rows": self.test_rows,
            "goals": list(self.goals),
            "limits": list(self.limits),
            "bounds": list(self.bounds),
            "share": self.share and asdict(self.share),
            "floors": list(self.floors),
            "quality": self.quality,
            "steps": self.steps,
            "epochs": self.epochs,
            "length": self.length,
            "max_length": self.max_length,
            "memory": asdict(self.memory),
            "trials": self.trials,
            "seconds": list(self.seconds),
            "disk_bytes": self.disk,
            "first": [x.to_json() for x in self.first],
            "notes": list(self.notes),
        }


def forecast_job(spec: JobSpec, workers: int) -> Forecast:
    """Forecast a job without training or writing anything.

    Raises:
        CostError: Nothing that is searched is within the bounds, as this machine trains it.
        UserError: The data is wrong.
    """
    from peftsearch.workers.preparation.prepare import foresee_floors
    from peftsearch.workers.training.rehearsal import rehearse

    data = load_data(spec)
    settled = settle(spec, data)
    rehearsed = rehearse(settled.spec, data)
    spec = with_supposed_head(rehearsed.spec, data)
    space = make_space(spec)
    check_bounds(space)
    first = tuple(x.configuration for x in propose(spec, [], 6, spec.seed))
    rows, held_out = len(data.train.texts), data.held_out
    flops = sum(
        trial_flops(spec, first, len(x.train.texts), len(x.validation.texts)) for x in data.folds
    )
    batch = spec.training.regime().batch_size
    seconds = flops / (EFFICIENCY * _measure_speed(spec.anatomy, batch)) / _devices(workers)
    trials = _trials(spec, seconds, _most_trials(spec, space))
    sizes = [adapter_bytes(x, spec.anatomy) for x in first]
    regimes = spec.training.regimes()
    return Forecast(
        configurations=count_bases(space),
        rates=len(space.rates),
        regimes=len(regimes),
        train_rows=rows,
        validation_rows=held_out,
        test_rows=data.test_rows,
        goals=settled.spec.goals,
        limits=tuple(map(str, spec.limits)),
        bounds=tuple(map(str, space.bounds)),
        share=estimate_share(space) if space.bounds else None,
        floors=foresee_floors(settled.spec.task),
        steps=fmean(regime.steps(rows) for regime in regimes),
        epochs=fmean(regime.passes(rows) for regime in regimes),
        length=tell_length(spec.training, rows, spec.task.quality, len(data.folds)),
        max_length=spec.task.max_length,
        memory=foresee_memory(spec, first),
        quality=settled.quality,
        trials=trials,
        seconds=foresee_time(spec, seconds, _most_trials(spec, space)),
        disk=trials * sum(sizes) / len(sizes),
        first=first,
        notes=(
            *data.notes,
            *settled.notes,
            *rehearsed.notes,
            *note_resolution(spec, held_out),
            *note_dropout(spec, space),
        ),
    )


def _devices(workers: int) -> int:
    """Devices that train at a time: GPUs add up, workers on a CPU share its cores."""
    import torch

    return max(1, min(workers, torch.cuda.device_count()))


def _most_trials(spec: JobSpec, space: Space) -> float:
    """Trials until a closed space is trained, repeats included; without end in an open one."""
    if not space.members:
        return math.inf
    repeated = spec.search.repeats if spec.search.sampler == ENGINE else 0.0
    return math.ceil(sum(map(space.feasible, space.members)) / (1 - repeated))


def _trials(spec: JobSpec, seconds: float, most: float) -> int:
    """Trials within the budget, where one ends every `seconds` and there are at most so many."""
    limits = [most]
    if spec.budget.trials is not None:
        limits.append(spec.budget.trials)
    if spec.budget.hours is not None:
        limits.append(math.ceil(spec.budget.hours * 3600 / seconds))
    return int(min(limits))


def foresee_time(spec: JobSpec, seconds: float, most: float) -> tuple[float, float]:
    """Low and high forecast of a whole job: trials faster and slower than foreseen, each time as
    many as the budget then has. Hours bind, but the last trial ends later than they do.

    Args:
        seconds: From the end of one trial to that of the next.
        most: Trials that there are.
    """
    low, high = (
        factor * STARTUP_SECONDS + _trials(spec, factor * seconds, most) * factor * seconds
        for factor in (1 / SPREAD, SPREAD)
    )
    return min(low, high), max(low, high)


def trial_flops(spec: JobSpec, first: Sequence[Configuration], rows: int, held_out: int) -> float:
    """Mean operations of a trial: training, and a pass over the validation split at each stop.
    Of what is searched of the training, all values count alike.

    Args:
        spec: With the workload of the regime of the largest batches.
        rows: Of the training split.
        held_out: Of the validation split.
    """
    training, regimes = spec.training, spec.training.regimes()
    anatomy = spec.anatomy.model_copy(update={"workload": spec.anatomy.counted_workload.alone})
    counted = max(regimes, key=lambda regime: regime.batch_size).passes(rows)
    passes = fmean(regime.passes(rows) for regime in regimes)
    looks = fmean(len(training.stops(x.steps(rows), spec.task.quality)) for x in regimes)
    flops = passes * fmean(training_flops(x, anatomy) for x in first)
    return (flops + looks * held_out / rows * forward_flops(anatomy)) / counted


def _measure_speed(anatomy: Anatomy, batch: int) -> float:
    """Operations per second of this machine at a layer's largest product, in float32."""
    import torch

    linear = max(anatomy.linears.values(), key=lambda x: x.inputs * x.outputs)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    left = torch.randn(batch * 32, linear.inputs, device=device)
    right = torch.randn(linear.inputs, linear.outputs, device=device)
    rates = []
    for _ in range(20):
        started = time.perf_counter()
        (left @ right).sum().item()
        rates.append(2.0 * left.shape[0] * right.numel() / (time.perf_counter() - started))
    return max(rates)
