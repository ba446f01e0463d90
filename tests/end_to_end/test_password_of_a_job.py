"""A database's password through a whole job: launched, trained, looked at over HTTP, exported."""

import io
import json
import signal
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tests.cluster import Cluster
from tests.waiting import LIMIT, wait_until

from .conftest import write_job
from .keeper import QUOTED, ROLE, assert_clean, server
from .programs import COMMAND, environment

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

__all__ = ["server"]

COMMANDS = (
    "run job.toml",
    "jobs --json",
    "show small",
    "show small --json",
    "front small",
    "front small --json",
    "export small --pick best --out adapter",
    "confirm small --pick best",
    "doctor --json",
)
PAGES = ("/", "/new", "/workers", "/jobs/small", "/jobs/small/trials/1", "/jobs/none")


class House:
    """A folder in which programs are told the database by their environment."""

    def __init__(self, folder: Path, url: str) -> None:
        files = {"PEFTSEARCH_FILES": str(folder / "files")}
        self.folder, self.environment = folder, environment() | files | {"PEFTSEARCH_STORAGE": url}

    def start(self, command: str) -> "subprocess.Popen[str]":
        """Start a program."""
        return subprocess.Popen(
            [*COMMAND, *command.split()],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> str:
        """All that a program writes."""
        process = self.start(command)
        written, errors = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, errors
        return written + errors

    @contextmanager
    def serve(self) -> Iterator[httpx.Client]:
        """A client of a dashboard; at the end, all that it wrote is looked at."""
        process = self.start("dashboard --port 0 --json")
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            printed = json.loads(line)
            known = {"Authorization": f"Bearer {printed['token']}"}
            with httpx.Client(base_url=printed["url"], headers=known, timeout=LIMIT) as client:
                yield client
        finally:
            process.send_signal(signal.SIGINT)
            written, errors = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, errors
        assert_clean(line, written, errors)

    def written(self) -> Iterator[str]:
        """Names and contents of all files."""
        for path in self.folder.rglob("*"):
            yield str(path)
            if path.is_file():
                yield path.read_bytes().decode("latin-1")


@contextmanager
def watch_commands() -> Iterator[set[str]]:
    """The command lines of all processes, as they come, until the block ends."""
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            found = psutil.process_iter(["cmdline"])
            seen.update(" ".join(x.info["cmdline"] or ()) for x in found)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def read_tables(server: Cluster) -> Iterator[str]:
    """Every row of every table."""
    engine = create_engine(server.url("secret"), poolclass=NullPool)
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for (row,) in connection.execute(text(f'SELECT t::text FROM "{table}" t')):
                yield row


def answers(client: httpx.Client) -> Iterator[str]:
    """Every page, and every answer of the API that ends."""
    known = client.get("/api/v1/openapi.json").json()["paths"]
    export = client.get("/api/v1/jobs/small/exports").json()["exports"][0]["id"]
    values = {"job": "small", "number": "1", "export": export, "run": "0" * 16}
    values |= {"kind": "confirm"}
    for path in (x.format(**values) for x, ways in known.items() if "get" in ways):
        if "events" not in path:
            answer = client.get(path)
            yield f"{answer.headers}"
            yield from _unpacked(answer)
    for path in PAGES:
        yield client.get(path).text


def _unpacked(answer: httpx.Response) -> Iterator[str]:
    if answer.headers["content-type"] != "application/zip":
        yield answer.text
        return
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        yield from (archive.read(name).decode("latin-1") for name in archive.namelist())


def export_there(client: httpx.Client) -> None:
    """Export over HTTP, and wait for the end."""
    started = client.post("/api/v1/jobs/small/exports", json={"pick": "best"})
    assert started.status_code == 202, started.text
    place = started.headers["location"]
    wait_until(lambda: client.get(place).json()["state"] != "running")
    assert client.get(place).json()["state"] == "done", client.get(place).text


def train_more(client: httpx.Client) -> None:
    """Resume over HTTP, so that the service's own pool works."""
    resumed = client.post(
        "/api/v1/jobs/small/resume", json={"budget": {"trials": 3}, "workers": 1}
    )
    assert resumed.status_code == 200, resumed.text
    wait_until(lambda: client.get("/api/v1/jobs/small").json()["state"] == "finished")


def test_it_is_seen_nowhere(server: Cluster, workshop: Path, tmp_path: Path) -> None:
    job = write_job(tmp_path, workshop, epochs=1)
    job.write_text(job.read_text().replace("trials = 8", "trials = 2"))
    house = House(tmp_path, f"postgresql://{ROLE}:{QUOTED}@/secret?host={server.folder}")
    with watch_commands() as commands:
        assert_clean(*map(house.run, COMMANDS))
        with house.serve() as client:
            train_more(client)
            export_there(client)
            assert_clean(*answers(client))
    named = [x for x in commands if "peftsearch" in x]
    assert any(" worker small " in x for x in named) and any("dashboard" in x for x in named)
    rows = list(read_tables(server))
    assert any("small" in row for row in rows)
    assert_clean(*commands, *rows, *house.written())
