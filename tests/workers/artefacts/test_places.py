"""Files below a URL: whole, named, and gone when they are removed."""

import errno
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.artefacts.places import ArtefactsAway, Place
from peftsearch.workers.artefacts.probing import check_place, check_shared
from tests.workers.small_files import small_files


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "source"
    path.write_bytes(content)
    return path


def _read(place: Place, folder: Path) -> bytes:
    place.fetch(folder / "target")
    return (folder / "target").read_bytes()


def test_what_was_put_comes_back_and_may_be_replaced(url: str, tmp_path: Path) -> None:
    place = Place(url).under("a").under("b")
    for content in (b"", b"x" * 100_000, b"y"):
        place.put(_file(tmp_path, content))
        assert _read(place, tmp_path) == content
    assert Place(url).names() == ["a/b"]


def test_what_is_removed_is_gone(url: str, tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "ab"):
        Place(url).under(name).put(_file(tmp_path, name.encode()))
    Place(url).under("a").remove()
    assert Place(url).names() == ["ab"]
    Place(url).under("a").remove()
    with pytest.raises(FileNotFoundError):
        Place(url).under("a/1").fetch(tmp_path / "target")


def test_a_place_that_is_new_has_nothing_and_passes_the_probe(url: str) -> None:
    assert Place(url).names() == []
    check_place(url)
    assert Place(url).names() == []


def test_a_bucket_that_is_not_there_is_told_in_one_line(bucket: str) -> None:
    with pytest.raises(ArtefactsAway, match=r"the artefact store s3://nowhere/x.*FileNotFound"):
        check_place("s3://nowhere/x")


def test_a_full_disk_leaves_what_was_there_and_no_part(tmp_path: Path) -> None:
    place = Place(f"file://{tmp_path}/store/object")
    place.put(_file(tmp_path, b"before"))
    source = _file(tmp_path, b"x" * 100_000)
    with small_files(), pytest.raises(ArtefactsAway) as caught:
        place.put(source)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert [x.name for x in (tmp_path / "store").iterdir()] == ["object"]
    assert _read(place, tmp_path) == b"before"


def test_a_source_that_is_not_there_is_no_fault_of_the_place(url: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Place(url).put(tmp_path / "nothing")


def test_a_file_in_the_way_does_not_pass_by_itself(tmp_path: Path) -> None:
    _file(tmp_path, b"")
    with pytest.raises(ArtefactsAway, match="doctor") as caught:
        check_place(f"file://{tmp_path}/source/below")
    assert not caught.value.passing


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("abfs://container/x", "the package that reads abfs://; got none installed; "),
        ("strange://x/y", "a URL that fsspec knows; got 'strange://x/y"),
        ("memory://x", "a URL that several processes see; got 'memory://x'"),
    ],
)
def test_a_url_that_nothing_opens_is_refused(url: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        check_shared(url)
    assert told in str(caught.value)
