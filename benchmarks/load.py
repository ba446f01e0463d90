"""What goes on around the measured service: the database, event streams, trials that complete."""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.routes import API, JOB
from peftsearch.records.trial import Proposal
from peftsearch.storage.store import Store
from tests.cluster import find_programs, run_cluster
from tests.seeding import draw

SPAWN = multiprocessing.get_context("spawn")


def listen(url: str, streams: int, after: int, until: Any, counts: Any) -> None:
    """Keep event streams open; puts how many events each brought, or what was wrong."""
    counts.put(asyncio.run(_listen(url, streams, after, until)))


async def _listen(url: str, streams: int, after: int, until: Any) -> list[list[int]]:
    tasks = [asyncio.create_task(_stream(url, after, until)) for _ in range(streams)]
    return list(await asyncio.gather(*tasks))


async def _stream(url: str, after: int, until: Any) -> list[int]:
    """Ids of the events that came, until the last wanted one did."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    path = f"{API}/events?after={after}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    await writer.drain()
    seen: list[int] = []
    while not until.value or not seen or seen[-1] < until.value:
        try:
            line = await asyncio.wait_for(reader.readline(), 2.0)
        except TimeoutError:
            continue
        if not line:
            break
        if line.startswith(b"id:"):
            seen.append(int(line[3:]))
    writer.close()
    return seen


def complete_trials(storage: str, stop: Any, last: Any) -> None:
    """Complete about one new trial a second until told to stop; `last` is the last event."""
    with Store.open(storage) as store:
        job = store.find_job(JOB)
        sample = draw(job.spec, 2000, seed=1)
        names = [name for name in sample.values if name not in ("adapter_bytes",)]
        for i, configuration in enumerate(sample.configurations):
            if stop.is_set():
                break
            token = store.take_suggestion_lease(job.id, "runner", 60.0)
            assert token is not None
            costs = {"adapter_bytes": float(sample.values["adapter_bytes"][i])}
            proposal = Proposal(configuration, 77_000 + i, "search")
            inserted = store.insert(job.id, token, [proposal], [costs])
            store.release_suggestion_lease(job.id, token)
            if not inserted:
                continue
            trial = store.claim(job.id, "runner", 60.0)
            assert trial is not None
            values = {name: float(sample.values[name][i]) for name in names}
            last.value = store.complete(trial.id, trial.attempt, values, {"threads": 1}, None)
            stop.wait(1.0)


@contextmanager
def serving(
    storage: str, files: Path, code: Path | None = None
) -> Iterator[tuple[str, psutil.Process]]:
    """`peftsearch dashboard` as a process; its address and process.

    Args:
        code: Another checkout whose program it is to be.
    """
    command = [sys.executable, "-m", "peftsearch", "dashboard", "--port", "0", "--json"]
    command += ["--no-token"]
    settings = {"PEFTSEARCH_STORAGE": storage, "PEFTSEARCH_FILES": str(files)}
    if code is not None:
        settings["PYTHONPATH"] = str(code)
    process = subprocess.Popen(
        command, env=os.environ | settings, cwd=code, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def database(storage: str | None) -> Iterator[str]:
    """The given storage, or a PostgreSQL server until the block ends."""
    if storage is not None:
        yield storage
        return
    programs = find_programs()
    if programs is None:
        raise SystemExit("expected initdb and postgres; got neither; install PostgreSQL")
    with run_cluster(programs) as cluster:
        yield cluster.url("postgres")


@contextmanager
def listening(url: str, streams: int, after: int, last: Any) -> Iterator[Callable[[], Any]]:
    """Event streams in a process of their own; yields what waits for their report."""
    counts = SPAWN.SimpleQueue()
    arguments = (url, streams, after, last, counts)
    process = SPAWN.Process(target=listen, args=arguments, daemon=True)
    process.start()
    try:
        yield counts.get
    finally:
        process.kill()


@contextmanager
def completing(storage: str) -> Iterator[Callable[[], int]]:
    """A worker's part in a process of its own; yields what ends it and tells the last event."""
    stop, last = SPAWN.Event(), SPAWN.Value("q", 0)
    process = SPAWN.Process(target=complete_trials, args=(storage, stop, last), daemon=True)
    process.start()

    def end() -> int:
        stop.set()
        process.join()
        return int(last.value)

    try:
        yield end
    finally:
        end()
