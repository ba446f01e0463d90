"""The application behind a real server on a port of its own, for streams: a test client would
wait for their end."""

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import uvicorn
from fastapi import FastAPI

from peftsearch.dashboard.server import Server, bind
from tests.waiting import LIMIT, wait_until


@dataclass(frozen=True)
class Message:
    """One server-sent event."""

    event: str
    data: Any
    id: str | None


def read_messages(lines: Iterator[str]) -> Iterator[Message]:
    """The messages of a stream, comments left out."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif "data" in fields:
            yield Message(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}


@contextmanager
def serve(app: FastAPI) -> Iterator[tuple[str, uvicorn.Server]]:
    """Its address and the server, until the block ends."""
    server, listener = Server(app, lambda: None, print), bind("127.0.0.1", 0)
    # Signals are for the main thread alone.
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def listen(address: str, path: str, **headers: str) -> Iterator[Iterator[Message]]:
    """The messages of an event stream."""
    with httpx.stream(
        "GET", f"{address}/api/v1{path}", headers=headers, timeout=LIMIT
    ) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield read_messages(response.iter_lines())
