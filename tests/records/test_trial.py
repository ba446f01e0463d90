"""What a trial's provenance may hold, whoever wrote it."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from peftsearch.records.trial import (
    GAIN_ERRORS,
    PROPOSED,
    QUALITY_ERROR,
    Reasons,
    Trial,
    TrialState,
    without_circumstances,
)
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


@pytest.mark.parametrize(
    "said",
    [
        {"validation_rows": 60, QUALITY_ERROR: 0.1, GAIN_ERRORS: {"features": 0.02}},
        {"validation_rows": "many", QUALITY_ERROR: None, GAIN_ERRORS: 3},
        {},
    ],
)
def test_without_circumstances_it_says_the_same_of_itself(said: dict[str, Any]) -> None:
    """Whatever property is added: each reads the provenance that is kept."""
    whole = trial(PLAIN)
    whole = replace(whole, provenance={**whole.provenance, **said, "versions": {"torch": "2"}})
    bare = without_circumstances(whole)
    assert bare.provenance == {PROPOSED: PLAIN, **said}
    told = [name for name, x in vars(Trial).items() if isinstance(x, property)]
    assert {"reasons", "validation_rows", "quality_error", "gain_errors"} <= set(told)
    assert [getattr(bare, x) for x in told] == [getattr(whole, x) for x in told]
    assert replace(bare, provenance=whole.provenance) == whole
