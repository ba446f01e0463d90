"""Counts of rows that act on linears: published ones, and what holds for linears of any shape."""

from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from peftsearch.spaces.families.anatomy import Linear
from peftsearch.spaces.techniques.formulas import halve
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique
from peftsearch.spaces.techniques.tensor_rings import factors, large_prime, largest_prime

ROWS = [row for row in TECHNIQUES.values() if row.linear]
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


@given(st.integers(1, 1200))
def test_three_factors_have_the_smallest_sum(size: int) -> None:
    found = factors(size)
    assert prod(found) == size and list(found) == sorted(found)
    divisors = [x for x in range(1, size + 1) if size % x == 0]
    sums = (a + b + size // (a * b) for a in divisors for b in divisors if size % (a * b) == 0)
    assert sum(found) == min(sums)


@pytest.mark.parametrize(
    ("size", "cut"),
    [(384, (6, 8, 8)), (768, (8, 8, 12)), (1024, (8, 8, 16)), (3072, (12, 16, 16))],
)
def test_usual_widths_are_cut_nearly_evenly(size: int, cut: tuple[int, ...]) -> None:
    assert factors(size) == cut


def test_a_size_with_a_large_prime_is_refused_in_one_line() -> None:
    assert largest_prime(768) == 3 and largest_prime(1009 * 4) == 1009 and largest_prime(1) == 1
    odd = Linear(path="linear", inputs=768, outputs=2018, bias=False)
    assert large_prime(odd, 4) == "its 2018 outputs have a prime above 128: 1009"
    assert large_prime(SQUARE, 4) is None


def test_a_ring_is_as_small_as_its_paper_says() -> None:
    """At 768 by 768 with R = 1, where the paper's R = 2 gives 1,088 for the turn."""
    row = TECHNIQUES["trlora"]
    assert row.linear is not None
    assert row.linear(SQUARE, "query", 4) == 1_088 // 4 + 896
