"""Data that is sent: kept where it is data, under a plain name, once, and in no other's place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from peftsearch.service.guard import body_limit
from peftsearch.service.settings import Settings
from tests.conftest import NewDatabase

from .sites import client_of, open_site

GOOD = b"words,class\ngood,1\nbad,0\n"
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def client(new_sqlite: NewDatabase, tmp_path: Path) -> Iterator[TestClient]:
    """Of a service with one data root, the folder of the test."""
    with client_of(open_site(new_sqlite(), data_roots=(tmp_path,))) as client:
        yield client


def send(client: TestClient, name: str, content: bytes, **more: Any) -> httpx.Response:
    return client.post(f"/api/v1/files/{name}", content=content, headers=BYTES, **more)


@pytest.mark.usefixtures("warm_test")
def test_a_file_of_data_is_kept_and_can_be_named(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/api/v1/files").json()["taken"] is True
    done = send(client, "mine.csv", GOOD)
    assert done.status_code == 201, done.text
    columns = ["words", "class"]
    assert done.json() == {"source": "uploads/mine.csv", "columns": columns, "known": False}
    assert (tmp_path / "uploads" / "mine.csv").read_bytes() == GOOD
    named = client.post("/api/v1/columns", json={"source": "uploads/mine.csv"})
    assert named.json() == {"columns": ["words", "class"]}
    assert [x.name for x in (tmp_path / "uploads").iterdir()] == ["mine.csv"]


OTHER, THIRD = b"x,y\n1,2\n", b"x,y\n3,4\n"


@pytest.mark.usefixtures("warm_test")
def test_the_same_bytes_are_one_file_and_others_get_a_number(
    client: TestClient, tmp_path: Path
) -> None:
    sent = [send(client, "mine.csv", x).json() for x in (GOOD, GOOD, OTHER, OTHER, GOOD, THIRD)]
    kept = [(x["source"].removeprefix("uploads/"), x["known"]) for x in sent]
    first, second, third = "mine.csv", "mine-2.csv", "mine-3.csv"
    assert kept[:2] == [(first, False), (first, True)]
    assert kept[2:4] == [(second, False), (second, True)]
    assert kept[4:] == [(first, True), (third, False)]
    held = {x.name: x.read_bytes() for x in (tmp_path / "uploads").iterdir()}
    assert held == {first: GOOD, second: OTHER, third: THIRD}
    assert sent[2]["columns"] == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("image.csv", b"\x89PNG\r\n\x1a\n\xff\xfe" * 20, "UTF-8"),
        ("torn.csv", b"a,b\n1,2\n1,2,3\n", "torn.csv"),
        ("empty.csv", b"", "empty"),
        ("head.csv", b"a,b\n", "rows"),
        ("rows.jsonl", b"[1, 2]\n", "rows.jsonl"),
        ("rows.parquet", GOOD, "rows.parquet"),
    ],
)
@pytest.mark.usefixtures("warm_test")
def test_what_is_no_data_is_not_kept(
    client: TestClient, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    refused = send(client, name, content)
    assert refused.status_code == 422
    detail = refused.json()["detail"]
    assert told in detail and "\n" not in detail
    assert str(tmp_path) not in detail and "task.train" not in detail
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize("name", ["run.py", "..%2Fx.csv", ".hidden.csv", "a b.csv", "x.csv.gz"])
def test_other_names_are_refused_before_anything_is_written(
    client: TestClient, tmp_path: Path, name: str
) -> None:
    assert send(client, name, GOOD).status_code in (404, 422)
    assert not (tmp_path / "uploads").exists()


def test_too_much_is_refused_and_leaves_nothing(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the announced length, and by what comes."""
    monkeypatch.setattr(body_limit, "MOST_FILE_BYTES", 100)
    assert send(client, "large.csv", GOOD * 20).status_code == 413

    def parts() -> Iterator[bytes]:
        yield from [GOOD] * 20

    done = client.post("/api/v1/files/large.csv", content=parts(), headers=BYTES)
    assert done.status_code == 413
    folder = tmp_path / "uploads"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_service_may_take_none(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    for more in ({"data_roots": (tmp_path,), "uploads": False}, {"data_roots": ()}):
        with client_of(open_site(new_sqlite(), **more)) as client:
            assert client.get("/api/v1/files").json()["taken"] is False
            refused = send(client, "mine.csv", GOOD)
            assert refused.status_code == 409 and "takes none" in refused.json()["got"]
    assert not (tmp_path / "uploads").exists()
    assert Settings("sqlite:///x.db", tmp_path).upload_folder == Path.cwd() / "uploads"


def test_forms_of_other_pages_send_nothing(client: TestClient, tmp_path: Path) -> None:
    for content in ("multipart/form-data", "text/plain", "application/json"):
        refused = client.post(
            "/api/v1/files/mine.csv", content=GOOD, headers={"Content-Type": content}
        )
        assert refused.status_code == 415
    other = BYTES | {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/v1/files/m.csv", content=GOOD, headers=other).status_code == 403
    wrong = client.post("/api/v1/columns", content=b"{}", headers=BYTES)
    assert wrong.status_code == 415
    assert not (tmp_path / "uploads").exists()
