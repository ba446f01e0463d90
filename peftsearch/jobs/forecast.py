"""`run --dry-run`: what a job would do, how long it would take and how much disk it would use."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from peftsearch.records.preparation import Preparation
from peftsearch.records.ranges import Range, add_ranges
from peftsearch.search.proposals import count_certain, propose_first
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.dropout import note_dropout
from peftsearch.spaces.space.feasibility import Share, check_bounds, estimate_share
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.data.task_data import TaskData, load_for_launch
from peftsearch.workers.preparation.foreseen import foresee_reading, foresee_writing
from peftsearch.workers.runtime.busy import tell_load
from peftsearch.workers.training.beyond_budget import note_beyond
from peftsearch.workers.training.timed_steps import Timings

from .coming_trials import foresee_coming, note_head
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
from .first_pace import (
    FirstPace,
    count_abreast,
    pace_of_arithmetic,
    pace_of_timings,
    time_machine,
)
from .memory_need import MemoryNeed, foresee_memory
from .settling import settle, with_supposed_head
from .time_left import count_most
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
        seconds: For the whole budget with the given workers, their start and the preparation
            included.
        preparing: Seconds of the preparation.
        timed: What both are foreseen by, in words.
        goals: The objectives of the front, the quality first.
        limits: Bounds on what is measured, which the front keeps.
        bounds: The hard bounds on known costs.
        share: How much of the space meets them, estimated; None without bounds.
        test_rows: That `confirm` will score; None where the file of them is not there.
        floors: Baselines without adapters that will be measured, in words.
        quality: Which metric is the quality, and why.
        steps: Of a training; where that is searched, the mean.
        epochs: The same.
        length: A sentence on the steps of each training.
        max_length: Tokens of an example at most; None of images.
        whole: Share of the training rows that have no more.
        memory: Of each worker's model.
        first: The first trials, of those that are certain and fit the budget.
        origins: Of each, who proposes it.
        certain: How many trials no result changes; the others are chosen by what they show.
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
    whole: float
    memory: MemoryNeed
    trials: int
    seconds: Range
    preparing: float
    timed: str
    disk: float
    first: tuple[Configuration, ...]
    origins: tuple[str, ...]
    certain: int
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
            "whole_rows": self.whole,
            "memory": asdict(self.memory),
            "trials": self.trials,
            "seconds": [self.seconds.low, self.seconds.high],
            "likely_seconds": self.seconds.likely,
            "timed": self.timed,
            "preparing_seconds": self.preparing,
            "disk_bytes": self.disk,
            "first": [x.to_json() for x in self.first],
            "origins": list(self.origins),
            "certain": self.certain,
            "notes": list(self.notes),
        }


def forecast_job(
    spec: JobSpec,
    workers: int,
    tell: Callable[[str], object] = lambda words: None,
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
    from peftsearch.workers.preparation.prepare import foresee_floors
    from peftsearch.workers.training.rehearsal import rehearse

    tell(f"reading the rows of {spec.task.train}")
    data = load_for_launch(spec)
    settled = settle(spec, data)
    rows, held_out = len(data.train.texts), data.held_out
    images = find_kind(spec.task.kind).form.inputs == "images"
    tell(f"{'looking at' if images else 'tokenising'} {rows:,} training rows")
    rehearsed = rehearse(settled.spec, data)
    spec = with_supposed_head(rehearsed.spec, data)
    tell("choosing the first configurations")
    space = make_space(spec)
    check_bounds(space)
    proposed = propose_first(spec, min(_SHOWN, spec.budget.trials or _SHOWN), spec.seed, taught)
    first = tuple(x.configuration for x in proposed)
    coming = foresee_coming(spec, space, first)
    memory, most = foresee_memory(spec, coming), count_most(spec, space)
    busy = tell_load()
    tell("timing a few steps on this machine")
    pace = _foresee_pace(spec, data, coming, workers, memory, rehearsed.response)
    trials = count_trials(spec, pace.each.likely, most)
    certain = count_certain(spec, taught)
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
        whole=rehearsed.whole,
        memory=memory,
        quality=settled.quality,
        trials=trials,
        seconds=foresee_time(spec, pace.each, most, add_ranges((pace.loading, pace.preparing))),
        preparing=pace.preparing.likely,
        timed=pace.told,
        disk=foresee_disk(spec, space, first, trials),
        first=first[:trials],
        origins=tuple(x.origin for x in proposed[:trials]),
        certain=trials if certain is None else min(certain, trials),
        notes=(
            *data.notes,
            *settled.notes,
            *rehearsed.notes,
            *(() if taught is None else taught.notes),
            *note_resolution(spec, held_out),
            *note_dropout(spec, space),
            *note_head(spec, space, first),
            *note_beyond(spec, pace.each.likely * count_abreast(workers), _mean_tokens(spec)),
            *([f"{busy}: the time holds as long as that stays alike"] if busy else []),
        ),
    )


def _mean_tokens(spec: JobSpec) -> float:
    """Of a training row."""
    workload = spec.anatomy.counted_workload
    return sum(workload.tokens) / workload.sequences


def _foresee_pace(
    spec: JobSpec,
    data: TaskData,
    coming: Sequence[Configuration],
    workers: int,
    memory: MemoryNeed,
    response: int,
) -> FirstPace:
    """By timed steps where that can be, else by arithmetic.

    Args:
        coming: Configurations as they are likely to be trained, those that are certain first.
        response: Tokens of each response that is written.
    """
    rows, held_out = len(data.train.texts), data.held_out
    asked = foresee_reading(spec.task, rows, held_out, _mean_tokens(spec))
    timed = time_machine(spec, data, coming, workers, memory)
    if isinstance(timed, Timings):
        return pace_of_timings(spec, timed, coming, workers, asked)
    speed = measure_speed(spec.anatomy, spec.training.regime().batch_size)
    splits = [(len(x.train.texts), len(x.validation.texts)) for x in data.folds]
    flops = sum(trial_flops(spec, coming, *x) for x in splits)
    calling = sum(calling_seconds(spec, *x, speed) for x in splits)
    written = foresee_writing(spec.task, held_out)
    writing, preparing = (
        reading_seconds(spec, x, rows, response, speed) for x in (written, asked)
    )
    seconds = (flops / (EFFICIENCY * speed.reading) + calling + writing) / count_abreast(workers)
    return pace_of_arithmetic(seconds, preparing, timed)
