"""What a part of a schedule says of its end."""

from typing import Any

from benchmarks.ground.rungs import find_front, tell

FLOOR = 0.7


def _row(number: int, end: float, early: float, **more: Any) -> dict[str, Any]:
    looks = {f"accuracy_{at}": early for at in ("at_1_9", "at_1_3", "at_2_3")}
    return {"trainable_parameters": number, "accuracy_at_end": end, **looks, **more}


def test_members_of_the_front_that_a_rule_would_lose_are_counted() -> None:
    """The first twelve end as they stood; the last one, the best, stood below the floor."""
    rows = [_row(10 + i, 0.72 + 0.01 * i, 0.72 + 0.01 * i) for i in range(11)]
    rows.append(_row(99, 0.95, 0.65, accuracy_average_at_1_9=0.9))
    assert find_front(rows) == set(range(12))
    ninth, *_ = tell("made", rows, FLOOR)
    assert ninth == "| made | 1/9 | 0.54 of 12 | of 1 | 1 | 1 of 12 | 1 of 3 |"


def test_the_dearer_of_equals_is_on_no_front() -> None:
    assert find_front([_row(1, 0.8, 0.8), _row(2, 0.8, 0.8), _row(3, 0.9, 0.9)]) == {0, 2}
