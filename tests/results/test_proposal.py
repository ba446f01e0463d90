"""What is said of a proposed point that does not beat the floor."""

import pytest

from peftsearch.records.estimates import estimate_each
from peftsearch.results.picks.proposal import find_row, tell_caveat, tell_proposal
from peftsearch.results.picks.rules import PROPOSED_WORDS, find_one_se
from tests.floors import prepare

from .made import SPEC, make_trial

# Of 400 rows .80 has a standard error of .02, the floor as well: .028 together, of
# which chance gives 1.96.
FRONT = estimate_each(
    [make_trial(i, rank, x) for i, (rank, x) in enumerate([(1, 0.6), (4, 0.785), (128, 0.8)])]
)


def test_the_cheapest_row_that_beats_the_floor_is_named_where_the_proposed_one_does_not() -> None:
    assert find_one_se(FRONT, SPEC) == 1
    assert find_row(FRONT, SPEC, prepare(0.74)) == 3
    (line,) = tell_proposal(FRONT, SPEC, prepare(0.74))
    assert line.startswith(f"{PROPOSED_WORDS.capitalize()}, does not beat the floor by more than")
    assert line.endswith(" Row 3 is the cheapest that does.")
    assert "noise: accuracy 0.7850 is 0.0450 better than the 0.7400 of the best base" in line
    assert "no more than the 0.0562 that chance may give such a difference" in line


@pytest.mark.parametrize("floor", [0.5, 0.7, 0.79])
def test_nothing_is_said_where_the_proposed_one_beats_it_or_nothing_does(floor: float) -> None:
    assert find_row(FRONT, SPEC, prepare(floor)) is None
    assert tell_proposal(FRONT, SPEC, prepare(floor)) == []


def test_before_anything_is_taken_home_it_is_said_that_nothing_beats_the_floor() -> None:
    told = tell_caveat(FRONT, SPEC, prepare(0.79))
    assert told is not None and told.startswith("nothing on the front beats the floor by more")
    assert "logistic regression on frozen features with accuracy 0.7900, needs no adapter" in told
    assert tell_caveat(FRONT, SPEC, prepare(0.74)) is None
    assert tell_caveat(FRONT, SPEC, None) is tell_caveat([], SPEC, prepare(0.74)) is None


def test_nothing_is_said_without_floors_or_without_a_front() -> None:
    assert tell_proposal(FRONT, SPEC, None) == tell_proposal([], SPEC, prepare(0.74)) == []
