"""How fast trials will end, before there are any: by a few steps that this machine is timed at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import psutil

from peftsearch.message_text import one_line
from peftsearch.records.pace import count_work
from peftsearch.records.ranges import Range, within_factor
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.preparation.foreseen import Reading
from peftsearch.workers.runtime.threads import count_cpus, count_threads
from peftsearch.workers.training.timed_steps import Timings, time_steps

from .durations import UNTIMED
from .memory_need import MemoryNeed

STARTING = 12.0
"""Seconds until a worker process has its libraries; what its model takes is timed."""
PROPOSING = 1.0
"""Seconds from a trial's end to the next one's beginning."""
TIMED, BEGUN = 0.45, 0.5
"""Standard deviation of the logarithm of trials that are foreseen by timed steps, and of what
comes before them (`benchmarks/forecast.py`)."""
_CONFIGURATIONS = 3
_ROOM = 0.7
"""Of the free memory, what a model may take that is loaded for its timing alone."""


@dataclass(frozen=True)
class FirstPace:
    """What a job's time is foreseen from.

    Attributes:
        each: Seconds from the end of one trial to that of the next, all workers together.
        loading: Of the workers.
        preparing: Of the floors and the head.
        told: By what, in words.
    """

    each: Range
    loading: Range
    preparing: Range
    told: str


def choose_timed(spec: JobSpec, first: Sequence[Configuration]) -> tuple[Configuration, ...]:
    """A few that differ in their work, of those that come first; not the probe, unless it is all
    there is."""
    trained = sorted(
        (x for x in first if not x.frozen),
        key=lambda configuration: count_work(configuration, spec),
    )
    if len(trained) <= _CONFIGURATIONS:
        return tuple(trained or first[:1])
    return trained[0], trained[len(trained) // 2], trained[-1]


def find_obstacle(memory: MemoryNeed) -> str | None:
    """Why no steps can be timed here; None where they can."""
    import torch

    needed = memory.bytes + memory.step
    free = psutil.virtual_memory().available
    if torch.cuda.is_available():
        free = min(torch.cuda.mem_get_info()[0], free)
    return None if needed <= _ROOM * free else "the free memory is too little to load the model"


def time_machine(
    spec: JobSpec, data: TaskData, first: Sequence[Configuration], workers: int, memory: MemoryNeed
) -> Timings | str:
    """What was timed, or why nothing was.

    Args:
        spec: With its workload.
    """
    if obstacle := find_obstacle(memory):
        return obstacle
    try:
        return time_steps(spec, data, choose_timed(spec, first), count_threads(workers))
    except Exception as error:  # a job may still run where a forecast cannot
        return one_line(f"{type(error).__name__}: {error}")


def pace_of_timings(
    spec: JobSpec, timed: Timings, coming: Sequence[Configuration], workers: int, asked: Reading
) -> FirstPace:
    """What timed steps tell.

    Args:
        coming: Configurations as they are likely to be trained.
        asked: What the preparation reads and writes.
    """
    logs = [math.log(max(1e-3, x) / count_work(c, spec)) for c, x in timed.trials]
    seconds = math.exp(fmean(logs)) * fmean(count_work(x, spec) for x in coming)
    preparing = asked.read * timed.row + asked.written * timed.written
    return FirstPace(
        within_factor((seconds + PROPOSING) / count_abreast(workers), TIMED),
        within_factor(STARTING + timed.loading, BEGUN),
        within_factor(preparing, BEGUN),
        f"by steps of {len(timed.trials)} configurations that were timed",
    )


def pace_of_arithmetic(seconds: float, preparing: float, why: str) -> FirstPace:
    """Where nothing could be timed."""
    return FirstPace(
        within_factor(seconds, UNTIMED),
        within_factor(STARTING, BEGUN),
        within_factor(preparing, UNTIMED),
        f"by arithmetic alone ({why})",
    )


def count_abreast(workers: int) -> int:
    """Trainings that go on at a time as fast as one alone: on GPUs one for each, else as many as
    there are CPUs for their threads."""
    import torch

    if devices := torch.cuda.device_count():
        return max(1, min(workers, devices))
    return max(1, min(workers, count_cpus() // count_threads(workers)))
