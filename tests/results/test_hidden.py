"""What a lucky score keeps off a front is told where the model expects more of it."""

from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.expectation import Expectation
from peftsearch.records.trial import Trial
from peftsearch.results.beliefs.hidden import find_hidden, tell_hidden

from .made import SPEC, make_trial

FOUND = estimate_each(
    [
        make_trial(i, rank, x)
        for i, (rank, x) in enumerate([(1, 0.7), (2, 0.9), (8, 0.88), (32, 0.89)])
    ]
)
FRONT = FOUND[:2]


def expect(*means: float) -> dict[str, Expectation]:
    both = zip(FOUND, means, strict=False)
    return {x.key: Expectation(mean, 0.01, mean - 0.02, mean + 0.02, 9.0) for x, mean in both}


def hidden(*means: float) -> list[Estimate[Trial]]:
    return find_hidden(FRONT, FOUND, expect(*means), SPEC)


def test_what_would_be_on_the_front_of_expected_qualities_is_hidden() -> None:
    assert [x.numbers for x in hidden(0.7, 0.86, 0.87, 0.88)] == [(3,), (2,)]
    assert [x.numbers for x in hidden(0.7, 0.86, 0.87, 0.865)] == [(2,)]
    assert hidden(0.7, 0.88, 0.87, 0.875) == []


def test_the_best_of_them_is_told_with_what_the_front_is_expected_to_reach() -> None:
    (told,) = tell_hidden(FRONT, FOUND, expect(0.7, 0.86, 0.87, 0.88), SPEC)
    assert "keep 2 configurations off this front" in told
    assert "accuracy 0.8800 (0.8600 to 0.9000) at a repeat" in told
    assert "of any on the front is 0.8600; the pick 'trial 3' takes it" in told


def test_nothing_is_told_where_nothing_is_hidden_or_known() -> None:
    assert tell_hidden(FRONT, FOUND, expect(0.7, 0.88, 0.87, 0.875), SPEC) == []
    assert tell_hidden(FRONT, FOUND, {}, SPEC) == tell_hidden([], [], {}, SPEC) == []


def test_what_costs_less_and_is_expected_to_reach_less_is_no_line() -> None:
    """It belongs on the front, and the front's best is still the best."""
    found = find_hidden(FOUND[1:2], FOUND[:2], expect(0.7, 0.86), SPEC)
    assert [x.numbers for x in found] == [(0,)]
    assert tell_hidden(FOUND[1:2], FOUND[:2], expect(0.7, 0.86), SPEC) == []
