"""How long a job will still run, from what its trials took and what is left of its budget."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from peftsearch.records.pace import Finished, Pace, count_work, pace_of
from peftsearch.records.ranges import NO_TIME, Range
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.sampler_names import ENGINE
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

Steps = tuple[int | None, int | None]
"""Of a trial, done and in total; None while they are not known."""
UNKNOWN: Steps = (None, None)
TELLING = 0.1
"""Share of a trial's steps from which on they tell how long all of it takes."""


@dataclass(frozen=True)
class Opened:
    """A trial that is queued or runs.

    Attributes:
        seconds: Since its claim; 0 of one that is queued.
        share: Of its steps that are done; 0 where that is not known.
        again: Whether an attempt before this one may have done some of them, in seconds that are
            not known.
    """

    configuration: Configuration
    seconds: float = 0.0
    share: float = 0.0
    again: bool = False

    @classmethod
    def of(cls, trial: Trial, steps: Steps) -> Self:
        """One of a job's, where `steps` are those of who trains it."""
        if trial.state is TrialState.QUEUED:
            return cls(trial.configuration)
        done, total = steps
        share = done / total if done and total else 0.0
        again = trial.attempt > 1
        return cls(trial.configuration, seconds_since(trial.claimed), share, again)

    @property
    def tells(self) -> bool:
        """Whether its own steps tell how long all of it takes."""
        return self.share >= TELLING and not self.again


@dataclass(frozen=True)
class Standing:
    """What a job has used, and who works on it.

    Attributes:
        ended: Trials that completed or failed.
        hours: Used, on the budget's clock.
        workers: That share what is left.
        most: Trials that there are, however large the budget.
    """

    ended: int
    hours: float
    workers: int
    most: float = math.inf


def seconds_since(claimed: float | None) -> float:
    """Since a trial's claim, where the database's clock is as this machine's; 0 of none."""
    return 0.0 if claimed is None else max(0.0, time.time() - claimed)


@lru_cache(maxsize=64)
def _count_listed(document: str) -> float:
    spec = JobSpec.model_validate_json(document)
    return count_most(spec, make_space(spec))


def count_most(spec: JobSpec, space: Space) -> float:
    """Trials until a closed space is trained, repeats included; without end in an open one."""
    if not space.members:
        return math.inf
    repeated = spec.search.repeats if spec.search.sampler == ENGINE else 0.0
    return math.ceil(sum(map(space.feasible, space.members)) / (1 - repeated))


def most_trials(spec: JobSpec) -> float:
    """As `count_most`, remembered for a display's every second."""
    return _count_listed(spec.model_dump_json(by_alias=True)) if spec.space.listed else math.inf


def foresee_left(
    spec: JobSpec, pace: Pace | None, opened: Sequence[Opened], standing: Standing
) -> Range | None:
    """Seconds to the end of a budget, on a clock on the wall; None while unknown.

    Args:
        pace: Of the trials that ended; None before any has, when those that run tell it.
    """
    budget, pace = spec.budget, pace or _pace_so_far(spec, opened)
    limit = standing.most if budget.trials is None else min(budget.trials, standing.most)
    hours = None if budget.hours is None else _rest(spec, budget.hours, pace, opened, standing)
    if pace is None or limit == math.inf:
        return hours
    by_trials = _all_trials(spec, pace, opened, standing.workers, int(limit) - standing.ended)
    if hours is None:
        return by_trials
    return Range(
        min(by_trials.low, hours.low),
        min(by_trials.likely, hours.likely),
        min(by_trials.high, hours.high),
    )


def _pace_so_far(spec: JobSpec, opened: Sequence[Opened]) -> Pace | None:
    """By the steps that running trials have done, so that the first of a job, which may be longer
    than its budget, tells so before it ends; None while that is little."""
    told = [x for x in opened if x.tells]
    found = [Finished(x.configuration, x.seconds / x.share) for x in told]
    return pace_of(spec, found, (x.configuration for x in opened))


def _all_trials(
    spec: JobSpec, pace: Pace, opened: Sequence[Opened], workers: int, left: int
) -> Range:
    if left <= 0:
        return NO_TIME
    begun = sorted(opened, key=lambda x: -x.seconds)[:left]
    works = [count_work(x.configuration, spec) for x in begun]
    crew = max(1, min(workers, left))
    each = pace.foresee(works, left - len(works)).times(1 / crew)
    # Towards the end workers have nothing more to do, half a trial each on average.
    idle = each.likely * crew / left * (crew - 1) / (2 * crew)
    done = sum(_done_of(x, pace.unit * work) for x, work in zip(begun, works, strict=True)) / crew
    return Range(*(max(0.0, x + idle - done) for x in (each.low, each.likely, each.high)))


def _done_of(begun: Opened, whole: float) -> float:
    """Seconds of its own that a trial has behind it, an attempt before included."""
    return whole * min(1.0, begun.share) if begun.again else min(begun.seconds, whole)


def _rest(
    spec: JobSpec,
    hours: float,
    pace: Pace | None,
    opened: Sequence[Opened],
    standing: Standing,
) -> Range | None:
    """Hours stand still between a lone worker's trials, and the last trial ends after them."""
    seconds = max(0.0, (hours - standing.hours) * 3600)
    running = [x for x in opened if x.seconds]
    if pace is None:
        return Range(seconds, seconds, seconds) if seconds or not running else None
    rests = [_rest_of(x, pace, spec) for x in running]
    none_free = len(rests) >= max(1, standing.workers)
    if not seconds or (none_free and all(x.low >= seconds for x in rests)):
        return _longest(rests)  # no other trial starts
    one = pace.foresee((), 1)
    share = pace.pause / one.likely if standing.workers <= 1 and one.likely else 0.0
    whole = seconds / max(0.1, 1 - share)
    return Range(seconds, whole + one.likely / 2, whole + one.high)


def _rest_of(running: Opened, pace: Pace, spec: JobSpec) -> Range:
    """Of a trial that runs: by its own steps once they tell, else by what others took."""
    if running.tells:
        return pace.foresee_rest(running.seconds, min(1.0, running.share))
    whole = pace.foresee([count_work(running.configuration, spec)])
    if running.again:
        return whole.times(1 - min(1.0, running.share))
    return Range(*(max(0.0, x - running.seconds) for x in (whole.low, whole.likely, whole.high)))


def _longest(rests: Sequence[Range]) -> Range:
    """Until the last of trials beside one another has ended."""
    parts = ([x.low for x in rests], [x.likely for x in rests], [x.high for x in rests])
    return Range(*(max(x, default=0.0) for x in parts))
