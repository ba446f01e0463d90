"""What a trial's provenance may hold, whoever wrote it."""

from dataclasses import asdict
from typing import Any

import pytest

from peftsearch.records.trial import PROPOSED, Reasons, Trial, TrialState
from tests.storage.examples import make_configuration

KNOWN = Reasons(0.02, 7, ("0123456789abcdef",))
PLAIN = asdict(KNOWN) | {"nearest": list(KNOWN.nearest)}


def trial(said: Any) -> Trial:
    return Trial(
        id=1,
        job_id=1,
        number=1,
        configuration=make_configuration(1),
        seed=1,
        origin="search",
        fidelity=1.0,
        state=TrialState.COMPLETED,
        attempt=1,
        provenance={PROPOSED: said},
    )


def test_reasons_are_read_back_and_what_a_newer_version_adds_is_left_alone() -> None:
    assert trial(PLAIN).reasons == KNOWN
    assert trial(PLAIN | {"temperature": 0.3}).reasons == KNOWN


@pytest.mark.parametrize(
    "said",
    [
        None,
        "by hand",
        7,
        ["a", "b"],
        {},
        {"nearest": ["a"]},
        PLAIN | {"nearest": None},
        PLAIN | {"known": "many"},
        PLAIN | {"expected_gain": None},
        PLAIN | {"expected_gain": 10**400},
    ],
)
def test_what_a_training_function_wrote_there_are_no_reasons(said: Any) -> None:
    assert trial(said).reasons is None
