"""A job whose workers and readers have a URL in common, and no folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.workers.artefacts.places import Place
from tests.s3_server import serve_bucket

from .conftest import write_job
from .programs import call, errors, load_and_score, read


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "shared")
        return
    with serve_bucket() as bucket:
        yield f"{bucket}/searches"


def _files(folder: Path) -> list[str]:
    return [str(x) for x in folder.rglob("*") if x.is_file()]


def test_what_one_machine_trained_another_exports_and_deletes(
    url: str, workshop: Path, tmp_path: Path
) -> None:
    write_job(tmp_path, workshop, epochs=2, trials=3)
    places = ("--artefacts", url, "--files", tmp_path / "one")
    done = call("run", "job.toml", "--workers", "2", *places, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "one") == []
    shown = read("show", "small", folder=tmp_path)["trials"]
    named = url if "://" in url else f"file://{url}"
    assert all(x["adapter"].startswith(f"{named}/small-") for x in shown)
    assert "password" not in (tmp_path / "peftsearch.db").read_bytes().decode(errors="ignore")

    other = ("--files", tmp_path / "other")
    read("export", "small", "--out", tmp_path / "out", *other, folder=tmp_path)
    assert load_and_score(workshop, tmp_path / "out") > 0.6
    told = read("doctor", *other, folder=tmp_path)["findings"]
    found = [x["text"] for x in told if x["subject"] == "artefacts"]
    assert f"{named} can be read and written" in found
    assert any("3 adapters of the newest trials" in x for x in found)

    call("delete", "small", "--yes", *other, folder=tmp_path)
    assert read("jobs", folder=tmp_path) == []
    assert Place(named).names() == []


def test_a_place_that_refuses_ends_a_launch_before_there_is_a_job(
    job_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = call("run", job_file, "--artefacts", f"{tmp_path}/file", folder=tmp_path)
    assert done.returncode == 2
    (error,) = errors(done.stderr)
    assert "expected the artefact store file://" in error
    assert not (tmp_path / "peftsearch.db").exists()
