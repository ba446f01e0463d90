"""The union of intervals."""

from hypothesis import given
from hypothesis import strategies as st

from peftsearch.storage.budget import measure_union

intervals = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=8)


@given(intervals)
def test_the_union_is_the_number_of_covered_cells(pairs: list[tuple[int, int]]) -> None:
    cells = {cell for start, end in pairs for cell in range(start, end)}
    assert measure_union(pairs) == len(cells)
