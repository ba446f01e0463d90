"""`run --dry-run`: what a job would do, how long it would take and how much disk it would use."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from peftsearch.records.preparation import Preparation
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.sampler_names import ENGINE
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.dropout import note_dropout
from peftsearch.spaces.space.feasibility import Share, check_bounds, estimate_share
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from peftsearch.workers.data.task_data import load_data

from .disk_need import foresee_disk
from .durations import (
    EFFICIENCY,
    calling_seconds,
    count_trials,
    foresee_time,
    measure_speed,
    reading_seconds,
    trial_flops,
)
from .memory_need import MemoryNeed, foresee_memory
from .settling import settle, with_supposed_head
from .training_length import note_resolution, tell_length

_SHOWN = 6
"""First configurations, of a budget that has as many."""


@dataclass(frozen=True)
class Forecast:
    """A forecast of one job.

    Attributes:
        configurations: Size of the space without the learning rate (`spaces.counting`).
        rates: Number of learning rates.
        regimes: Number of combinations of what else of the training is searched; 1 for nothing.
        seconds: Low and high forecast for the whole budget with the given workers, the preparation
            included.
        preparing: Seconds of the preparation, as the machine is measured.
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
        origins: Of each, who proposes it.
        disk: Bytes of all adapters, the first as large as they are, the others as the space's
            mean.
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
    preparing: float
    disk: float
    first: tuple[Configuration, ...]
    origins: tuple[str, ...]
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
            "preparing_seconds": self.preparing,
            "disk_bytes": self.disk,
            "first": [x.to_json() for x in self.first],
            "origins": list(self.origins),
            "notes": list(self.notes),
        }


def forecast_job(
    spec: JobSpec,
    workers: int,
    tell: Callable[[str], None] = lambda words: None,
    taught: Preparation | None = None,
) -> Forecast:
    """Forecast a job without training or writing anything.

    Args:
        tell: Told what begins, where that may take seconds.
        taught: What earlier jobs teach it, and notes on it.

    Raises:
        CostError: Nothing that is searched is within the bounds, as this machine trains it.
        UserError: The data is wrong.
    """
    from peftsearch.workers.preparation.foreseen import foresee_reading, foresee_writing
    from peftsearch.workers.preparation.prepare import foresee_floors
    from peftsearch.workers.training.rehearsal import rehearse

    tell(f"reading the rows of {spec.task.train}")
    data = load_data(spec)
    settled = settle(spec, data)
    rows, held_out = len(data.train.texts), data.held_out
    images = find_kind(spec.task.kind).form.inputs == "images"
    tell(f"{'looking at' if images else 'tokenising'} {rows:,} training rows")
    rehearsed = rehearse(settled.spec, data)
    spec = with_supposed_head(rehearsed.spec, data)
    tell("choosing the first configurations")
    space = make_space(spec)
    check_bounds(space)
    shown = min(_SHOWN, spec.budget.trials or _SHOWN)
    proposed = propose(spec, [], shown, spec.seed, taught)
    first = tuple(x.configuration for x in proposed)
    tell("measuring the speed of this machine")
    speed = measure_speed(spec.anatomy, spec.training.regime().batch_size)
    splits = [(len(x.train.texts), len(x.validation.texts)) for x in data.folds]
    flops = sum(trial_flops(spec, first, *x) for x in splits)
    calling = sum(calling_seconds(spec, *x, speed) for x in splits)
    tokens = sum(spec.anatomy.counted_workload.tokens) / spec.anatomy.counted_workload.sequences
    asked = (
        foresee_writing(spec.task, held_out),
        foresee_reading(spec.task, rows, held_out, tokens),
    )
    writing, preparing = (reading_seconds(spec, x, rows, rehearsed.response, speed) for x in asked)
    seconds = (flops / (EFFICIENCY * speed.reading) + calling + writing) / _devices(workers)
    most = _most_trials(spec, space)
    trials = count_trials(spec, seconds, most)
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
        seconds=foresee_time(spec, seconds, most, preparing),
        preparing=preparing,
        disk=foresee_disk(spec, space, first, trials),
        first=first,
        origins=tuple(x.origin for x in proposed),
        notes=(
            *data.notes,
            *settled.notes,
            *rehearsed.notes,
            *(() if taught is None else taught.notes),
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
