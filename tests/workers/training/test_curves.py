"""Few points that stand for all steps."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.workers.training.curves import BINS, reduce_curve


def test_a_short_training_keeps_every_step() -> None:
    assert reduce_curve([4.0, 2.0]) == {0.25: 4.0, 0.75: 2.0}
    assert reduce_curve([3.0]) == {0.5: 3.0}
    assert reduce_curve([]) == {}


def test_equal_parts_stand_at_their_mean() -> None:
    curve = reduce_curve([float(step // 5) for step in range(100)])
    assert list(curve.values()) == [float(part) for part in range(20)]
    assert list(curve)[:2] == [0.025, 0.075]
    assert list(curve)[-1] == 0.975


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_every_part_lies_within_the_training_and_holds_its_share(losses: list[float]) -> None:
    curve = reduce_curve(losses)
    assert len(curve) == min(BINS, len(losses))
    assert list(curve) == sorted(curve)
    assert all(0 < share < 1 for share in curve)
    sizes = [0] * len(curve)
    for step in range(len(losses)):
        sizes[step * len(curve) // len(losses)] += 1
    assert max(sizes) - min(sizes) <= 1
    whole = fsum(x * size for x, size in zip(curve.values(), sizes, strict=True))
    assert whole == pytest.approx(fsum(losses))
