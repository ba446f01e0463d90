"""Connections that come in crowds, or come and say nothing."""

import contextlib
import logging
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from fastapi import FastAPI

from peftsearch.dashboard import connections
from peftsearch.service.guard.crowds import BACKLOG, Room, room_for
from peftsearch.service.open_files import count_files
from tests.conftest import NewDatabase
from tests.waiting import wait_until

from .live import serve
from .sites import open_site

FILES = 600
ROOM = room_for(FILES)
"""Of a process of few files: 64 connections, 32 streams, 16 of one address."""
STREAM = b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def small(new_sqlite: NewDatabase) -> FastAPI:
    """A site of a process that may have few files open."""
    return open_site(new_sqlite(), open_files=FILES)


@pytest.fixture
def opened() -> Iterator[contextlib.ExitStack]:
    """Closes what is opened with it."""
    with contextlib.ExitStack() as stack:
        yield stack


def connect(address: str, stack: contextlib.ExitStack, first: bytes = b"") -> socket.socket:
    """A connection, on which something is sent."""
    parts = urlsplit(address)
    assert parts.hostname is not None and parts.port is not None
    found = stack.enter_context(socket.create_connection((parts.hostname, parts.port), 60))
    found.sendall(first)
    return found


def answer(connection: socket.socket) -> bytes:
    """The first that comes; empty where the other end closed."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(4096)
    return b""


def told(caplog: pytest.LogCaptureFixture, what: str) -> int:
    return sum(what in record.getMessage() for record in caplog.records)


def test_room_leaves_files_for_all_else() -> None:
    for files in (1024, 4096, 20_000, 1_000_000):
        room = room_for(files)
        assert room.connections + BACKLOG < files
        assert room.connections > room.streams > room.streams_of_one > 50
    assert room_for(256) == ROOM == Room(64, 32, 16)


def test_streams_of_one_caller_leave_room_for_others(
    small: FastAPI, opened: contextlib.ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), serve(small) as (address, _):
        streams = [connect(address, opened, STREAM) for _ in range(ROOM.streams_of_one)]
        assert all(answer(x).startswith(b"HTTP/1.1 200") for x in streams)
        for _ in range(2):
            refused = httpx.get(f"{address}/api/v1/events")
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert refused.headers["content-type"] == "application/problem+json"
        assert httpx.get(f"{address}/api/v1/jobs").status_code == 200
        assert told(caplog, "too many event streams") == 1
        for stream in streams[:4]:
            stream.close()
        again = connect(address, opened, STREAM)
        wait_until(lambda: small.state.service.watcher.listeners < ROOM.streams_of_one)
        again = connect(address, opened, STREAM)
        assert answer(again).startswith(b"HTTP/1.1 200")


def test_a_crowd_is_refused_and_gone_the_service_goes_on(
    small: FastAPI, opened: contextlib.ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    """Some hundreds at once, which say nothing; one line tells of them."""
    with caplog.at_level(logging.ERROR), serve(small) as (address, server):
        crowd = [connect(address, opened) for _ in range(300)]
        refused = [answer(x) for x in crowd[ROOM.connections :]]
        assert {x.split(b"\r\n")[0] for x in refused} == {b"HTTP/1.1 503 Service Unavailable"}
        assert all(b"retry-after: " in x for x in refused)
        wait_until(lambda: len(server.server_state.connections) <= ROOM.connections)
        assert len(server.server_state.connections) == ROOM.connections
        assert told(caplog, "too many connections") == 1
        opened.close()
        wait_until(lambda: not server.server_state.connections)
        assert httpx.get(f"{address}/api/v1/jobs").status_code == 200


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_who_asks_nothing_is_not_kept(
    small: FastAPI,
    opened: contextlib.ExitStack,
    monkeypatch: pytest.MonkeyPatch,
    first: bytes,
) -> None:
    """Nor who sends a byte now and then."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    with serve(small) as (address, server):
        connection = connect(address, opened, first)
        wait_until(lambda: len(server.server_state.connections) == 1)
        while server.server_state.connections:
            with contextlib.suppress(OSError):
                connection.sendall(b"x" if first.strip() else b"")
            time.sleep(0.1)
        assert answer(connection) == b""


def test_a_stream_outlasts_the_wait_for_a_request(
    small: FastAPI, opened: contextlib.ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    with serve(small) as (address, server):
        stream = connect(address, opened, STREAM)
        assert answer(stream).startswith(b"HTTP/1.1 200")
        time.sleep(0.6)
        assert small.state.service.watcher.listeners == 1
        assert len(server.server_state.connections) == 1


def test_the_limit_of_files_is_raised_as_far_as_it_goes(tmp_path: Path) -> None:
    """In a process of its own: limits cannot be given back."""
    program = (
        "import resource\n"
        "from peftsearch.service.open_files import count_files, raise_limit\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 900))\n"
        "raise_limit(); print(count_files()); raise_limit(); print(count_files())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["900", "900"], done.stderr
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= FILES


def test_without_a_limit_of_files_there_is_room_for_all_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Linux gives no process an endless limit of files any more; other systems and containers do.
    without = resource.RLIM_INFINITY, resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda kind: without)
    assert room_for(count_files()) == room_for(16_384)
