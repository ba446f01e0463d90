"""Counts of the `peft` rows: published ones, and what holds for linears of any shape."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from peftsearch.spaces.families.anatomy import Linear
from peftsearch.spaces.techniques.formulas import halve
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique

ROWS = [row for row in TECHNIQUES.values() if row.linear and row.peft]
SIZED = [row for row in ROWS if row.capacities]
SQUARE = Linear(path="query", inputs=768, outputs=768, bias=True)
LINEARS = st.builds(
    Linear,
    path=st.just("linear"),
    inputs=st.integers(1, 2000),
    outputs=st.integers(1, 2000),
    bias=st.booleans(),
)


def _count(row: Technique, linear: Linear, capacity: int) -> int:
    assert row.linear is not None
    shared = row.shared(capacity) if row.shared else 0
    return row.linear(linear, "key", capacity) + shared


@pytest.mark.parametrize(
    ("name", "capacity", "published"),
    [
        ("lora", 8, 294_912),
        ("vera", 1024, 43_008),
        ("fourierft", 1000, 24_000),
        ("c3a", 768, 18_432),
    ],
)
def test_published_counts_of_a_base_model(name: str, capacity: int, published: int) -> None:
    """Queries and values of 12 layers of width 768, as in the papers' tables."""
    row = TECHNIQUES[name]
    assert row.linear is not None
    assert 24 * row.linear(SQUARE, "query", capacity) == published


@given(row=st.sampled_from(SIZED), linear=LINEARS, data=st.data())
def test_a_capacity_that_fits_trains_something(
    row: Technique, linear: Linear, data: st.DataObject
) -> None:
    capacity = data.draw(st.sampled_from(row.capacities))
    reason = row.restriction(linear, capacity)
    assume(reason is None)
    assert _count(row, linear, capacity) > 0
    assert row.stored is None or row.stored(linear, "key", capacity) > 0


@given(row=st.sampled_from(SIZED), linear=LINEARS)
def test_larger_capacities_train_more_unless_their_name_says_less(
    row: Technique, linear: Linear
) -> None:
    fit = [x for x in row.capacities if row.restriction(linear, x) is None]
    counts = [_count(row, linear, capacity) for capacity in fit]
    # RandLoRA rounds a rank up that does not divide the width; LoKr takes a smaller full factor
    # in place of a high rank.
    assume(row.name not in ("randlora", "lokr"))
    assert counts == sorted(counts, reverse="trains less" in row.capacity_name)


@given(row=st.sampled_from(ROWS), linear=LINEARS, capacity=st.integers(1, 5000))
def test_a_restriction_is_one_short_line(row: Technique, linear: Linear, capacity: int) -> None:
    reason = row.restriction(linear, capacity)
    assert reason is None or (0 < len(reason) <= 60 and "\n" not in reason)


@given(st.integers(1, 5000))
def test_halves_are_the_factors_with_the_smallest_sum(size: int) -> None:
    low, high = halve(size)
    assert low <= high and low * high == size
    assert low + high == min(x + size // x for x in range(1, size + 1) if size % x == 0)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_says_what_a_reader_needs(row: Technique) -> None:
    assert len(row.summary.split()) <= 9 and row.source and row.formula
    assert (row.stored is not None) >= row.alters
    assert any(row.restriction(SQUARE, capacity) is None for capacity in row.capacities or (0,))
