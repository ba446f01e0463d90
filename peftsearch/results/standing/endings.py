"""Which of its limits ended a job, in words."""

from collections.abc import Callable, Mapping, Sequence

from peftsearch.records.job import Job, JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.wording import duration, plural
from peftsearch.search.goals.reference_point import is_unbeaten
from peftsearch.search.no_gain import LEAST_GAIN, TIMES, expects_no_gain
from peftsearch.spaces.jobspec.spec import JobSpec

from .floor_words import tell_floor
from .floors import find_perfect


def tell_ending(
    job: Job,
    counts: Mapping[TrialState, int],
    hours: float,
    find_trials: Callable[[], Sequence[Trial]],
    preparation: Preparation | None,
) -> str | None:
    """Why a job has ended, with the value of the limit that ended it; None while it runs.

    Args:
        counts: Trials in each state. Those that ended are told: others may have been left
            behind, queued or with a worker that died.
        hours: Used ones.
        find_trials: Gives them; asked only where they matter.
    """
    spec, budget = job.spec, job.spec.budget
    if job.state is JobState.RUNNING:
        return None
    completed, failed = (counts.get(x, 0) for x in (TrialState.COMPLETED, TrialState.FAILED))
    made = completed + failed
    whole = "" if budget.trials is None else f"{made:,} of "
    after = f"after {whole}{plural(made if budget.trials is None else budget.trials, 'trial')}"
    if job.state is JobState.STOPPED:
        none = ", none of which completed" if made and not completed else ""
        why = f"since it could not go on: {job.fault}" if job.fault else "before a limit ended it"
        return f"stopped {after}{none}, {why}"
    if budget.trials is not None and made >= budget.trials:
        return f"ended by its budget of {plural(budget.trials, 'trial')}"
    if budget.hours is not None and hours >= budget.hours:
        return f"ended by its budget of {duration(budget.hours * 3600)}, {after}"
    if budget.stop_when is not None and expects_no_gain(trials := find_trials()):
        hope = _tell_hope(spec, preparation, trials)
        return f"ended by budget.stop_when = {budget.stop_when!r}, {after}: {hope}"
    return f"ended {after}: {_tell_space(spec)}"


def tell_state(trial: Trial, job: JobState) -> str:
    """A trial's state, or how it failed; of one that waits, whether anybody will take it."""
    if trial.failure:
        return trial.failure.value
    if trial.state is TrialState.QUEUED and job is not JobState.RUNNING:
        return f"not started (the job {'ended' if job is JobState.FINISHED else 'is stopped'})"
    return trial.state.value


def _tell_hope(spec: JobSpec, preparation: Preparation | None, trials: Sequence[Trial]) -> str:
    if (perfect := find_perfect(preparation, spec)) is not None:
        return f"nothing can beat the floor, {tell_floor(perfect, spec)}"
    if is_unbeaten(spec, trials, preparation):
        return f"nothing beat the floor, and {TIMES} times on end the model expected nothing to"
    return (
        f"{TIMES} times on end the model expected less than {LEAST_GAIN:.0%} more of the front's "
        "hypervolume"
    )


def _tell_space(spec: JobSpec) -> str:
    bounds = " within its bounds" if spec.bounds else ""
    if spec.space.listed:
        return f"its list of {plural(len(spec.space.listed), 'configuration')} has no more{bounds}"
    return f"the space has no more{bounds}"
