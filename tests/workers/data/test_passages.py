"""Passages of a text of reference."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.data.passages import MOST, read_passages


def test_lines_that_are_not_blank(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(f"  line {i} " for i in range(10)), encoding="utf-8")
    assert read_passages(str(path)) == [f"line {i}" for i in range(10)]


def test_of_many_as_many_are_spread_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(f"{i}" for i in range(10 * MOST)), encoding="utf-8")
    found = [int(x) for x in read_passages(str(path))]
    assert len(set(found)) == MOST
    assert found == sorted(found) and found[-1] >= 10 * MOST - 10


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    for name, content in (("short.txt", b"one\ntwo\n"), ("bytes.txt", b"\xff\xfe\x00" * 9)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="passages|readable"):
            read_passages(str(tmp_path / name))
    with pytest.raises(UserError, match="no file"):
        read_passages(str(tmp_path / "none.txt"))
    with pytest.raises(UserError, match="readable"):
        read_passages(str(tmp_path))
