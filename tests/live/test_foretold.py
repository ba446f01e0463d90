"""A forecast that turned out wrong is said so, one that held is not."""

import pytest

from peftsearch.live.foretold import Foretold
from peftsearch.records.ranges import Range

WHOLE = "loading and preparing included"


@pytest.mark.parametrize(
    ("took", "told"),
    [
        (100.0, None),
        (40.0, None),
        (
            20.0,
            f"took 30 s, {WHOLE}; foreseen after the first trial 50 s to 2 min 10 s",
        ),
        (
            600.0,
            f"took 10 min 10 s, {WHOLE}; foreseen after the first trial 50 s to 2 min 10 s",
        ),
    ],
)
def test_only_what_did_not_hold_is_told(took: float, told: str | None) -> None:
    foretold = Foretold(started=0.0)
    foretold.note(Range(40, 70, 120))
    foretold.at = 10.0
    assert foretold.tell(10.0 + took) == told


def test_the_first_forecast_counts_and_a_budget_of_hours_alone_is_none() -> None:
    foretold = Foretold()
    for left in (None, Range(60, 60, 60), Range(1, 2, 3), Range(100, 200, 300)):
        foretold.note(left)
    assert foretold.left == Range(1, 2, 3)
    assert Foretold().tell() is None


@pytest.mark.parametrize("took", [100.0, 500.0])
def test_a_dry_run_is_what_the_whole_run_is_held_against(took: float) -> None:
    """Whoever read it compares with it; where it did not hold the later one is told beside it."""
    foretold = Foretold(started=0.0, dry_run=Range(200, 300, 400))
    foretold.note(Range(40, 70, 520))
    foretold.at = 10.0
    told = foretold.tell(took)
    assert told is not None and f"{WHOLE}; foreseen by the dry run 3 min 20 s to 6 min" in told
    assert ", after the first trial 50 s to " in told
    assert foretold.tell(300.0) is None
