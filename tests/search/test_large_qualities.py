"""Qualities whose squares no number holds: an overflow ends no search."""

from dataclasses import replace

import pytest

from peftsearch.records.preparation import Floor, Preparation
from peftsearch.search.belief import believe
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.search.proposals import propose
from tests.specs import make_spec

from .jobs import Quality, emulate, run_job

SPEC = make_spec()


@pytest.mark.parametrize(
    "quality",
    [
        lambda x: 1e170 if x.learning_rate > 2e-3 else emulate(x),
        lambda x: -1e170 if x.frozen else emulate(x),
        lambda x: 1e99 * emulate(x),
        lambda x: 1e308,
    ],
    ids=["some", "the probe", "just small enough", "all"],
)
def test_the_search_goes_on(quality: Quality) -> None:
    records = run_job(SPEC, 0, 8, quality=quality)
    assert len(records) == 8
    believe(SPEC, records)


def test_a_floor_that_cannot_be_counted_with_is_none() -> None:
    huge = Preparation((Floor("features", "frozen features", {"accuracy": 1e170}, 1e169),))
    records = run_job(SPEC, 0, 6)
    found = find_reference_point(SPEC, records, preparation=huge)
    assert found == replace(find_reference_point(SPEC, records), error=0.0)
    assert len(propose(SPEC, records, 1, 0, huge)) == 1
