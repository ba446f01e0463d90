"""Rows that a notebook gave have no name of their own: they are told by what they are."""

from pathlib import Path

import pytest

from peftsearch.notebook.given_rows import read_given
from peftsearch.notebook.kept_rows import keep_rows
from peftsearch.results.exports.told_sources import tell_source


def test_given_rows_are_told_by_rows_and_columns(tmp_path: Path) -> None:
    import pandas

    frame = pandas.DataFrame({"text": ["a", "b", "c"], "label": ["x", "y", "x"]})
    path = keep_rows(read_given(frame, "train"), ["text", "label"], [], tmp_path)
    told = f"a frame of 3 rows with columns 'text' and 'label' ({path.stem})"
    assert tell_source(str(path)) == told
    path.unlink()
    assert tell_source(str(path)) == f"a frame ({path.stem})"
    path.write_text("broken")
    assert tell_source(str(path)) == f"a frame ({path.stem})"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("/home/ann/data/train.csv", "train.csv"),
        ("/home/ann/0123456789abcdef.parquet", "0123456789abcdef.parquet"),
        ("org/reviews", "org/reviews"),
    ],
)
def test_all_else_has_its_name(source: str, told: str) -> None:
    assert tell_source(source) == told
