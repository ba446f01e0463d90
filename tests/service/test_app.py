"""The application as a whole: its description, compression, and streams that flow."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import StreamingResponse
from starlette.types import Message, Scope

from peftsearch import __version__
from tests.conftest import NewDatabase

from .sites import client_of, endpoints, open_site


@pytest.fixture
def app(new_sqlite: NewDatabase) -> FastAPI:
    return open_site(new_sqlite())


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def test_health_is_open_and_says_the_version(client: TestClient) -> None:
    assert client.get("/api/v1/health").json() == {"status": "ok", "version": __version__}


def test_every_route_of_the_api_is_described(app: FastAPI, client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["info"]["version"] == __version__
    operations = sum(len(methods) for methods in described["paths"].values())
    served = [x for x in endpoints(app) if x[1].startswith("/api/")]
    assert operations == len([x for x in served if not x[1].endswith("openapi.json")])
    assert not [path for path in described["paths"] if not path.startswith("/api/v1/")]


def test_long_answers_are_compressed_and_pages_are_not(client: TestClient) -> None:
    compressed = {"Accept-Encoding": "gzip"}
    api = client.get("/api/v1/techniques", headers=compressed)
    assert api.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/", headers=compressed).headers
    plain = client.get("/api/v1/techniques", headers={"Accept-Encoding": "identity"})
    assert plain.json() == api.json()


def test_event_streams_are_not_held_back(app: FastAPI) -> None:
    """The second message is sent only once the first has come out of all middleware."""

    async def run() -> list[Message]:
        sent: list[Message] = []
        first_is_out = asyncio.Event()

        async def trickle() -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            await asyncio.wait_for(first_is_out.wait(), 300)
            yield b"data: 2\n\n"

        async def stream() -> StreamingResponse:
            return StreamingResponse(trickle(), media_type="text/event-stream")

        async def send(message: Message) -> None:
            sent.append(message)
            if message.get("body") == b"data: 1\n\n":
                first_is_out.set()

        app.add_api_route("/api/v1/trickle", stream)
        await app(_scope("/api/v1/trickle"), _never, send)
        return sent

    start, *bodies = asyncio.run(run())
    headers = dict(start["headers"])
    assert b"content-encoding" not in headers
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert [x["body"] for x in bodies] == [b"data: 1\n\n", b"data: 2\n\n", b""]


def _scope(path: str) -> Scope:
    headers = [(b"host", b"localhost"), (b"accept-encoding", b"gzip")]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8321),
        "state": {},
    }


async def _never() -> Message:
    await asyncio.sleep(3600)
    return {"type": "http.disconnect"}


def test_the_site_starts_without_heavy_libraries() -> None:
    code = (
        "import sys\n"
        "import peftsearch.dashboard.site\n"
        "heavy = {'torch', 'transformers', 'datasets', 'botorch', 'optuna', 'sklearn', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
