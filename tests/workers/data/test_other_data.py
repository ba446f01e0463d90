"""Rows of another source, the hash of rows, and the column by which rows are grouped."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.data.task_data import (
    hash_rows,
    load_data,
    load_groups,
    load_other,
    load_test,
)
from peftsearch.workers.data.task_rows import Split
from tests.workers.data.rows import make_rows, save_splits, spec_of, write_csv

NAMES = ["bad", "good"]


def test_the_hash_is_of_rows_and_labels_in_whatever_order() -> None:
    first = Split([("a",), ("b",)], [0, 1])
    assert hash_rows(first, NAMES) == hash_rows(Split([("b",), ("a",)], [1, 0]), NAMES)
    renumbered = Split([("a",), ("b",)], [1, 0])
    assert hash_rows(renumbered, ["good", "bad"]) == hash_rows(first, NAMES)
    others = [
        Split([("a",), ("b",)], [1, 1]),
        Split([("a",), ("c",)], [0, 1]),
        Split([("a",), ("b",), ("b",)], [0, 1, 1]),
    ]
    assert hash_rows(first, NAMES) not in {hash_rows(x, NAMES) for x in others}
    assert hash_rows(Split([("a",)], [0.5]), []) != hash_rows(Split([("a",)], [0.25]), [])


def test_the_same_test_file_has_one_hash_whoever_trains_on_what(tmp_path: Path) -> None:
    held = write_csv(tmp_path / "test.csv", make_rows(20))
    rows = [{"text": f"other {x['text']}", "label": x["label"]} for x in make_rows(200)]
    jobs = (
        spec_of(write_csv(tmp_path / f"{count}.csv", rows[:count]), test=held)
        for count in (100, 200)
    )
    assert len({hash_rows(load_test(x), load_data(x).label_names) for x in jobs}) == 1


def test_other_data_has_the_classes_of_the_job_and_nothing_of_the_job_moves(
    tmp_path: Path,
) -> None:
    spec = spec_of(write_csv(tmp_path / "d.csv", make_rows(200)))
    before = load_test(spec)
    rows = [{"text": f"new {i}", "label": "good", "more": "x"} for i in range(6)]
    rows[0] = {"text": make_rows(200)[0]["text"], "label": "bad", "more": "y"}
    other = load_other(spec, write_csv(tmp_path / "other.csv", rows))
    assert (len(other.texts), list(other.labels)) == (6, [0, 1, 1, 1, 1, 1])
    assert load_test(spec) == before
    train = set(load_data(spec).train.texts)
    assert any("also occur" in note for note in other.notes) == (other.texts[0] in train)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (make_rows(3), "at least 4 rows"),
        (make_rows(8, ("bad", "ugly")), "ugly"),
        ([{"words": "a", "label": "bad"}] * 6, "a column among words, label"),
    ],
)
def test_other_data_that_does_not_fit_is_refused(
    tmp_path: Path, rows: list[dict[str, object]], match: str
) -> None:
    spec = spec_of(write_csv(tmp_path / "d.csv", make_rows(200)))
    with pytest.raises(UserError, match=match):
        load_other(spec, write_csv(tmp_path / "other.csv", rows))


def test_values_of_a_column_stand_beside_their_rows(tmp_path: Path) -> None:
    """Of rows that are held out, of a split of the source, of a file of its own, of other data."""
    rows = [{**row, "topic": f"of {row['text']}"} for row in make_rows(200)]
    path = write_csv(tmp_path / "d.csv", rows)
    splits = save_splits(tmp_path / "s", train=rows[:150], test=rows[150:])
    bare = write_csv(tmp_path / "bare.csv", make_rows(40))
    for spec in (spec_of(path), spec_of(splits), spec_of(bare, test=path)):
        values = load_groups(spec, "topic")
        assert values == [f"of {text}" for (text,) in load_test(spec).texts]
    other = load_other(spec_of(bare), path)
    assert load_groups(spec_of(bare), "topic", path) == [f"of {x}" for (x,) in other.texts]
    assert set(load_groups(spec_of(path), "label")) == {"bad", "good"}
    with pytest.raises(UserError, match="got 'topic'; name another column"):
        load_groups(spec_of(bare), "topic")
