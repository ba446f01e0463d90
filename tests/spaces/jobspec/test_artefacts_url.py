"""A place for adapters is a URL that may be kept and shown."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.artefacts_url import check_url, resolve_url
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.jobspec.stored import document_of, parse_stored, rewritten
from tests.specs import make_spec


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("s3://bucket/a prefix/", "s3://bucket/a prefix"),
        ("gs://bucket", "gs://bucket"),
        ("store", "file:///base/store"),
        ("../store/", "file:///store"),
        ("/mnt/store", "file:///mnt/store"),
        ("file:///mnt/store/", "file:///mnt/store"),
    ],
)
def test_a_path_is_one_of_the_job_file_s_folder(said: str, meant: str) -> None:
    found = resolve_url(check_url(said), Path("/base"))
    assert found == meant
    assert resolve_url(check_url(found), Path("/other")) == meant


@pytest.mark.parametrize(
    "said",
    [
        *("", " ", "s3://", "s3:///", "file://store", "a\nb", "S3://bucket", "C:\\store"),
        *("s3://key:hunter2@bucket/x", "s3://bucket/x?token=hunter2", "s3://bucket/x#hunter2"),
        *("S3://key:hunter2@bucket", "user:hunter2@host"),
    ],
)
def test_what_is_no_place_or_holds_a_secret_is_refused_without_it(said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_spec(make_spec().to_json() | {"artefacts": said})
    assert caught.value.where == "artefacts"
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stored_spec_keeps_its_place_and_may_be_given_another() -> None:
    spec = make_spec().storing_in("s3://bucket/one")
    document = document_of(spec)
    assert parse_stored(document) == spec
    moved = spec.storing_in("s3://bucket/two")
    assert parse_stored(rewritten(document, moved)) == moved
    assert "artefacts" not in rewritten({"model": {}}, make_spec())
