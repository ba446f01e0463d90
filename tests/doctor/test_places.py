"""Folders that are written."""

import os
from pathlib import Path

import pytest

from peftsearch.doctor import places
from peftsearch.doctor.finding import Health
from peftsearch.doctor.places import examine_disk, examine_folder, examine_places


def test_a_folder_to_come_is_judged_by_the_one_above(tmp_path: Path) -> None:
    found = examine_folder("files", tmp_path / "a" / "b", "move it")
    assert (found.health, found.text) == (Health.OK, f"{tmp_path}/a/b, made when it is needed")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = examine_folder("files", tmp_path / "file", "move it")
    assert found.health is Health.FAILED
    assert found.text.endswith("cannot be written (Not a directory); move it")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_without_write_access_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert examine_folder("files", tmp_path / "new", "move it").health is Health.FAILED


def test_little_room_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "free at" in examine_disk(tmp_path).text
    monkeypatch.setattr(places, "SCARCE_BYTES", 10**18)
    assert examine_disk(tmp_path / "to come").health is Health.NOTE


def test_samples_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path / "cache"))
    found = {x.subject: x.text for x in examine_places(tmp_path)}
    assert set(found) == {"files", "disk", "samples"}
    assert found["samples"].startswith(str(tmp_path / "cache"))
