from pathlib import Path

from .json_lines import Row, add, read


def test_what_was_added_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert read(path) == []
    rows: list[Row] = [
        {"arm": "ours", "share": 0.1},
        {"arm": "größer", "looks": {"10": [1, None]}},
    ]
    for i, row in enumerate(rows, 1):
        add(path, row)
        assert read(path) == rows[:i]
