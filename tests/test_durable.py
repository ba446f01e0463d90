"""Files that are there whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from peftsearch.durable import replacing, write_whole


def test_what_breaks_off_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    write_whole(path, "before")
    with pytest.raises(KeyboardInterrupt), replacing(path) as part:
        part.write_text("half")
        assert path.read_text() == "before"
        raise KeyboardInterrupt
    assert [x.name for x in tmp_path.iterdir()] == ["notes.json"]
    assert path.read_text() == "before"
    write_whole(path, "after", durable=True)
    assert path.read_text() == "after"
    assert len(list(tmp_path.iterdir())) == 1


def test_two_that_write_at_once_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    with replacing(path) as one, replacing(path) as other:
        one.write_text("one")
        other.write_text("other")
        assert one != other
    assert path.read_text() == "one"


def test_who_may_read_it_is_said(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_whole(tmp_path / "all", "")
        write_whole(tmp_path / "own", "", mode=0o600)
    finally:
        os.umask(mask)
    modes = [stat.S_IMODE((tmp_path / x).stat().st_mode) for x in ("all", "own")]
    assert modes == [0o644, 0o600]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "x", "")
