"""Whether a job's trials all fail, so that more of them would only use up its budget."""

from collections.abc import Sequence

from peftsearch.errors import PeftsearchError

from .trial import Trial, TrialState

PATIENCE = 5
"""Trials that fail alike before a job is given up. The probe is among them, which no configuration
could make fail."""


class TrialsFailed(PeftsearchError):
    """No trial of a job completed, and more would fail as well."""


def find_hopeless(trials: Sequence[Trial], since: int) -> TrialsFailed | None:
    """Why a job is to be given up, if it is: none of its trials completed, and the latest failed
    alike.

    Args:
        since: The job's event from which on failures count, so that a job which was stopped for
            them goes on once a person has mended the cause and resumed it.
    """
    failed = [x for x in trials if x.state is TrialState.FAILED and (x.event or 0) > since]
    if len(failed) < PATIENCE or len({x.failure for x in failed}) > 1:
        return None
    return find_all_failed(trials)


def find_all_failed(trials: Sequence[Trial]) -> TrialsFailed | None:
    """What to tell of a job of which some trials failed and none completed; None of another."""
    failed = [trial for trial in trials if trial.failure is not None]
    if not failed or any(trial.state is TrialState.COMPLETED for trial in trials):
        return None
    last = max(failed, key=lambda trial: trial.event or 0)
    return TrialsFailed(
        f"expected a trial that completes; got {len(failed)} that failed, the last one "
        f"{last.failure} ({last.message}); mend that and resume the job, a finished one with a "
        "larger budget"
    )
