"""The staircase against the running best of everything that is there, looked at anew."""

import math

from hypothesis import given
from hypothesis import strategies as st

from peftsearch.insight.staircase import Staircase

PLACES = st.integers(0, 8).map(float)
CHANGES = st.lists(st.tuples(st.integers(0, 30), PLACES, PLACES), max_size=60)


def running_best(known: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the best of all that lie no farther rises, and to what."""
    found: list[tuple[float, float]] = []
    for position in sorted({x for x, _ in known}):
        best = max(quality for x, quality in known if x <= position)
        if not found or best > found[-1][1]:
            found.append((position, best))
    return found


@given(CHANGES)
def test_it_is_the_running_best_whatever_comes_in_and_changes(
    changes: list[tuple[int, float, float]],
) -> None:
    stairs, known = Staircase(), list[tuple[float, float]]()
    for number, position, quality in changes:
        before = list(zip(stairs.steps, stairs.levels, strict=True))
        if number < len(known):
            known[number] = known[number][0], quality
            rose = stairs.change(number, quality)
        else:
            known.append((position, quality))
            rose = stairs.insert(position, quality)
        expected = running_best(known)
        assert list(zip(stairs.steps, stairs.levels, strict=True)) == expected
        assert rose or before == expected
        assert stairs.best == max(x for _, x in known)


def test_more_come_in_than_there_was_room_for() -> None:
    stairs = Staircase()
    for i in range(1000):
        stairs.insert(float(1000 - i), float(1000 - i))
    assert stairs.steps == [float(x) for x in range(1, 1001)]
    stairs.change(0, 0.5)
    assert stairs.best == 999.0


def test_the_area_ends_where_it_is_asked_to() -> None:
    stairs = Staircase()
    assert stairs.area(0.0, 4.0) == 0.0
    stairs.insert(1.0, 1.0)
    stairs.insert(3.0, 2.0)
    stairs.insert(9.0, 5.0)
    assert math.isclose(stairs.area(0.5, 4.0), 0.5 * 2 + 1.5 * 1)
