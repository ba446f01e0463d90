"""How sure each reading of a test split may claim to be."""

import pytest

from peftsearch.results.confirmations.spending import (
    level_of,
    ordinal,
    percent,
    spend,
    tell_reading,
)

from .made import make_reading


def test_the_first_reading_spends_5_percent_and_all_later_ones_as_much_together() -> None:
    assert spend(1) == 0.05
    assert sum(spend(k) for k in range(2, 10_000)) == pytest.approx(0.05, abs=1e-5)
    assert all(spend(k) > spend(k + 1) for k in range(1, 50))
    assert level_of(None) == 0.95 and level_of(make_reading(2)) == 0.975


def test_levels_and_ordinals_are_told_in_words() -> None:
    assert [percent(level_of(make_reading(k))) for k in (1, 2, 3)] == ["95 %", "97.5 %", "99.17 %"]
    told = [ordinal(x) for x in (1, 3, 10, 11, 12, 21, 22, 23, 24, 113)]
    assert told == [
        "first",
        "third",
        "tenth",
        "11th",
        "12th",
        "21st",
        "22nd",
        "23rd",
        "24th",
        "113th",
    ]


def test_earlier_readers_are_named_once() -> None:
    told = tell_reading(make_reading(1), [])
    assert told == "first reading of this test split; intervals hold at 95 %"
    told = tell_reading(make_reading(4), [make_reading(k, x) for k, x in enumerate("aba", 1)])
    assert told.startswith("fourth reading of this test split, after 3 readings by a, b; ")
    assert "hold at 99.58 %" in told
