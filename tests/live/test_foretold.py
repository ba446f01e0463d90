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
        (20.0, "took 30 s, loading and preparing included, foreseen first: 50 s to 2 min 10 s"),
        (
            600.0,
            "took 10 min 10 s, loading and preparing included, foreseen first: 50 s to 2 min 10 s",
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
