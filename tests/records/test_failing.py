"""When a job is given up."""

from collections.abc import Sequence

import pytest

from peftsearch.records.failing import PATIENCE, find_all_failed, find_hopeless
from peftsearch.records.trial import FailureKind, Trial, TrialState
from tests.workers.runners import PROBE

ALIKE = [FailureKind.BUG] * PATIENCE


def make(kinds: Sequence[FailureKind | None]) -> list[Trial]:
    """A trial for each, which ended at the event of its number; those without a kind completed."""
    return [
        Trial(
            id=number,
            job_id=1,
            number=number,
            configuration=PROBE,
            seed=0,
            origin="sobol",
            fidelity=1.0,
            state=TrialState.FAILED if kind else TrialState.COMPLETED,
            attempt=1,
            failure=kind,
            message=kind and f"message {number}",
            event=number,
        )
        for number, kind in enumerate(kinds)
    ]


def test_a_job_whose_first_trials_fail_alike_is_hopeless() -> None:
    found = str(find_hopeless(make(ALIKE), -1))
    assert found.startswith("expected a trial that completes; got 5 that failed, the last one bug")
    assert "(message 4)" in found


@pytest.mark.parametrize(
    "kinds",
    [
        ALIKE[1:],
        [*ALIKE, None],
        [None, *ALIKE],
        [*ALIKE[1:], FailureKind.TIMEOUT],
        [],
    ],
)
def test_another_has_hope(kinds: list[FailureKind | None]) -> None:
    assert find_hopeless(make(kinds), -1) is None


def test_what_failed_before_the_job_was_resumed_does_not_count() -> None:
    assert find_hopeless(make(ALIKE), 0) is None
    assert find_hopeless(make(ALIKE + ALIKE), PATIENCE - 1) is not None


def test_of_a_job_that_ended_one_completed_trial_is_enough() -> None:
    assert find_all_failed(make([FailureKind.BUG, None])) is None
    assert find_all_failed(make([])) is None
    assert "got 1 that failed" in str(find_all_failed(make([FailureKind.TIMEOUT])))
