"""The union of intervals."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Double, create_engine, literal, select, union_all

from peftsearch.storage.budget import measure_union

ENGINE = create_engine("sqlite://")
intervals = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8)


@given(intervals)
def test_the_union_is_the_number_of_covered_cells(pairs: list[tuple[int, int]]) -> None:
    cells = {cell for start, end in pairs for cell in range(start, end)}
    selects = [select(*(literal(float(x), Double) for x in pair)) for pair in pairs]
    rows = union_all(*selects).subquery()
    with ENGINE.connect() as connection:
        found = connection.execute(measure_union(*rows.c)).one()
    assert found == (float(len(cells)), 0)
