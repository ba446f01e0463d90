"""How far a job has come, for whoever waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.jobs.time_left import seconds_left
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial, TrialState
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    Attributes:
        left: Estimated seconds to the end of the budget; None while unknown.
    """

    done: int
    failed: int
    running: tuple[Trial, ...]
    best: float | None
    hypervolume: float
    left: float | None


def measure_progress(
    spec: JobSpec,
    trials: Sequence[Trial],
    hours: float,
    workers: int,
    preparation: Preparation | None = None,
) -> Progress:
    """Summarise a job's records.

    Args:
        hours: Hours used, on the budget's clock.
        workers: Number of workers that share the remaining trials.
        preparation: The job's; None until it has one, and of a job without.
    """
    completed = [x for x in trials if x.state is TrialState.COMPLETED]
    failed = sum(x.state is TrialState.FAILED for x in trials)
    goal = objective(spec.task.quality)
    best = max((goal.signed(x.measurements[goal.name]) for x in completed), default=None)
    return Progress(
        done=len(completed),
        failed=failed,
        running=tuple(x for x in trials if x.state is TrialState.RUNNING),
        best=None if best is None else goal.signed(best),
        hypervolume=hypervolume(spec, trials, preparation),
        left=_left(spec, trials, hours, workers),
    )


def _left(spec: JobSpec, trials: Sequence[Trial], hours: float, workers: int) -> float | None:
    seconds = [x.running_seconds for x in trials if x.running_seconds is not None]
    mean = sum(seconds) / len(seconds) / max(workers, 1) if seconds else None
    return seconds_left(spec.budget, len(seconds), mean, hours)
