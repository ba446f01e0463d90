"""Which of its limits ended a job is said, with its value."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from peftsearch.records.job import Job, JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import PROPOSED, Reasons, Trial, TrialState
from peftsearch.results.standing.endings import tell_ending
from tests.floors import prepare
from tests.specs import make_spec

from .made import make_trial

HOPELESS = [
    replace(make_trial(i, 1, 0.5), provenance={PROPOSED: asdict(Reasons(0.001, i, ()))})
    for i in range(3)
]
HOPING = [make_trial(0, 1, 0.5)]
LEFT = [*HOPING, replace(make_trial(1, 1, 0.5), state=TrialState.QUEUED)]
FAILED = [replace(HOPING[0], state=TrialState.FAILED)]


def tell(
    state: str,
    budget: dict[str, Any],
    trials: Sequence[Trial] = HOPING,
    hours: float = 0.1,
    preparation: Preparation | None = None,
    fault: str | None = None,
    **sections: Any,
) -> str | None:
    spec = make_spec(budget=budget, **sections)
    job = Job(1, "job", spec.to_json(), JobState(state), 1, 0.0, "0" * 32, fault)
    counts = Counter(trial.state for trial in trials)
    return tell_ending(job, counts, hours, lambda: trials, preparation)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (None, tell("running", {"trials": 1})),
        ("stopped after 1 of 9 trials, before a limit ended it", tell("stopped", {"trials": 9})),
        ("stopped after 1 trial, before a limit ended it", tell("stopped", {"hours": 1})),
        (
            "stopped after 1 of 9 trials, since it could not go on: no data",
            tell("stopped", {"trials": 9}, fault="no data"),
        ),
        (
            "stopped after 1 of 2 trials, before a limit ended it",
            tell("stopped", {"trials": 2}, LEFT),
        ),
        (
            "stopped after 1 of 9 trials, none of which completed, before a limit ended it",
            tell("stopped", {"trials": 9}, FAILED),
        ),
        (
            "ended by its budget of 6 min 00 s, after 1 of 2 trials",
            tell("finished", {"trials": 2, "hours": 0.1}, LEFT),
        ),
        ("ended by its budget of 1 trial", tell("finished", {"trials": 1, "hours": 1})),
        (
            "ended by its budget of 6 min 00 s, after 1 of 9 trials",
            tell("finished", {"trials": 9, "hours": 0.1}),
        ),
        (
            "ended by budget.stop_when = 'no gain', after 3 of 9 trials: 3 times on end the model "
            "expected less than 1% more of the front's hypervolume",
            tell("finished", {"trials": 9, "stop_when": "no gain"}, HOPELESS),
        ),
        (
            "ended by budget.stop_when = 'no gain', after 3 of 9 trials: nothing beat the floor, "
            "and 3 times on end the model expected nothing to",
            tell("finished", {"trials": 9, "stop_when": "no gain"}, HOPELESS, 0.1, prepare(0.99)),
        ),
        (
            "ended by budget.stop_when = 'no gain', after 3 of 9 trials: nothing can beat the "
            "floor, accuracy 1.0000 ± 0.0200, logistic regression on frozen features",
            tell("finished", {"trials": 9, "stop_when": "no gain"}, HOPELESS, 0.1, prepare(1.0)),
        ),
        (
            "ended after 3 of 9 trials: the space has no more",
            tell("finished", {"trials": 9}, HOPELESS),
        ),
        (
            "ended after 1 of 9 trials: the space has no more within its bounds",
            tell(
                "finished",
                {"trials": 9, "stop_when": "no gain"},
                objectives={"bounds": ["trainable_parameters <= 1K"]},
            ),
        ),
        (
            "ended after 1 of 9 trials: its list of 1 configuration has no more",
            tell(
                "finished",
                {"trials": 9},
                space={"configurations": [HOPING[0].configuration.to_json()]},
            ),
        ),
    ],
)
def test_the_limit_is_named(told: str | None, found: str | None) -> None:
    assert found == told
