"""How far a job has come, for whoever waits for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peftsearch.errors import NotFoundError
from peftsearch.jobs.time_left import (
    UNKNOWN,
    Opened,
    Standing,
    Steps,
    foresee_left,
    most_trials,
)
from peftsearch.records.estimates import estimate_each
from peftsearch.records.job import Job
from peftsearch.records.pace import finished_of, pace_of
from peftsearch.records.preparation import Preparation
from peftsearch.records.ranges import Range
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.standing.floors import find_best
from peftsearch.results.wording import cell, span, tell_mean
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.search.goals.reference_point import is_unbeaten
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Crew

NO_STEPS: Mapping[int, Steps] = {}


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    Attributes:
        best: Quality of the best configuration, at the mean of its trainings; None before any.
        left: Seconds to the end of the budget, foreseen; None while unknown.
        best_of: Numbers of these trainings.
        unbeaten: Whether no configuration with a result is better than the best floor.
        over: Whether as many trials have ended as the budget has.
    """

    done: int
    failed: int
    running: tuple[Trial, ...]
    best: float | None
    hypervolume: float
    left: Range | None
    unbeaten: bool = False
    best_of: tuple[int, ...] = ()
    over: bool = False


def measure_progress(
    spec: JobSpec,
    trials: Sequence[Trial],
    hours: float,
    workers: int,
    preparation: Preparation | None = None,
    steps: Mapping[int, Steps] = NO_STEPS,
) -> Progress:
    """Summarise a job's records.

    Args:
        hours: Hours used, on the budget's clock.
        workers: Number of workers that share the remaining trials.
        preparation: The job's; None until it has one, and of a job without.
        steps: Of running trials, by their numbers: done, and in total.
    """
    done = sum(x.state is TrialState.COMPLETED for x in trials)
    failed = sum(x.state is TrialState.FAILED for x in trials)
    most = spec.budget.trials
    best = find_best(estimate_each(trials), spec)
    return Progress(
        done=done,
        failed=failed,
        running=tuple(x for x in trials if x.state is TrialState.RUNNING),
        best=None if best is None else best.values[spec.task.quality],
        hypervolume=hypervolume(spec, trials, preparation),
        left=_left(spec, trials, hours, workers, steps),
        unbeaten=is_unbeaten(spec, trials, preparation),
        best_of=() if best is None else best.numbers,
        over=most is not None and done + failed >= most,
    )


def read_again(store: Store, job: Job) -> Job:
    """The job as it stands: its workers find its head out, on which costs and so hypervolumes
    rest, and others change its budget. As it was known where it was deleted."""
    try:
        return store.job(job.id)
    except NotFoundError:
        return job


def tell_best(now: Progress, spec: JobSpec) -> str:
    """`0.9333 (mean of trials 2, 6)`; `-` before any result."""
    if now.best is None:
        return "-"
    return f"{cell(spec.task.quality, now.best)}{tell_mean(now.best_of)}"


def tell_volume(now: Progress) -> str:
    """`hypervolume 0.123`; where it is 0 since nothing beats the floor, that nothing does yet, and
    nothing at the end of a job, whose result says it."""
    if now.unbeaten:
        return "" if now.over else "nothing beats the floor yet"
    return f"hypervolume {now.hypervolume:.3f}"


def tell_left(left: Range) -> str:
    """`40 s to 2 min 10 s`: in 9 of 10 jobs it is between."""
    return span(left.low, left.high)


def steps_of(crew: Crew) -> dict[int, Steps]:
    """Of the trials that its workers hold, by their numbers."""
    return {x.number: x.progress for x in crew.children if x.number >= 0}


def _left(
    spec: JobSpec,
    trials: Sequence[Trial],
    hours: float,
    workers: int,
    steps: Mapping[int, Steps],
) -> Range | None:
    going = [x for x in trials if x.state in (TrialState.QUEUED, TrialState.RUNNING)]
    opened = [Opened.of(x, steps.get(x.number, UNKNOWN)) for x in going]
    pace = pace_of(spec, finished_of(trials), (x.configuration for x in opened))
    standing = Standing(len(trials) - len(opened), hours, workers, most_trials(spec))
    return foresee_left(spec, pace, opened, standing)
