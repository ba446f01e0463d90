"""How quickly pages and API calls answer, at 10,000 trials, while fifty pages listen.

    python benchmarks/service.py [--out benchmarks/service.json] [--storage URL]

A PostgreSQL server of its own holds one job of 10,000 ended trials with some 200 points on its
front (`seeding`), and a dozen small ones. `peftsearch dashboard` runs on it as a process; a second
process keeps 50 event streams open, a third completes about one trial a second through a store.
Then each route is asked `--requests` times, one after the other, and again by 4 clients at once.
Every stream must bring every event, once and in order.

Baseline `naive`: what a route would take that reads the job's trials from the store whenever it is
asked (`Store.trials` and the summaries of the front), measured in the same run.

Takes about three minutes. Ends with 1 if, asked one after the other, a route's 95th percentile is
above the limit, or if a stream missed an event. Four clients that never pause keep the service's
one process busy all the time: those figures say how it degrades.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.seeding import draw, seed_job
from peftsearch.pick import summarise
from peftsearch.storage.records import Proposal
from peftsearch.storage.store import Store
from tests.cluster import find_programs, run_cluster

JOB = "large"
LIMIT_SECONDS = 0.200
SMALL_JOBS = 12
_SPAWN = multiprocessing.get_context("spawn")
_API = f"/api/v1/jobs/{JOB}"


@dataclass(frozen=True)
class Figures:
    """Of one route, in milliseconds."""

    route: str
    requests: int
    kilobytes: float
    first: float
    p50: float
    p95: float
    worst: float


def routes(trials: int) -> dict[str, Callable[[random.Random], str]]:
    """Every page and every call that only looks, by name, each with plausible arguments."""

    def number(rng: random.Random) -> int:
        return rng.randrange(trials)

    def pick(rng: random.Random) -> str:
        limit = rng.choice([50, 200, 800, 3200])
        return quote(f"accuracy where adapter_bytes <= {limit} KB and training_seconds <= 22")

    fixed = {
        "page jobs": "/",
        "page new": "/new",
        "page workers": "/workers",
        "page techniques": "/techniques",
        "page job": f"/jobs/{JOB}",
        "health": "/api/v1/health",
        "schema": "/api/v1/schema",
        "presets": "/api/v1/presets",
        "techniques": "/api/v1/techniques",
        "openapi": "/api/v1/openapi.json",
        "jobs": "/api/v1/jobs",
        "job": _API,
        "points": f"{_API}/points",
        "front": f"{_API}/front",
        "front history": f"{_API}/front/history",
        "progress": f"{_API}/progress",
        "importance": f"{_API}/importance",
        "parameters": f"{_API}/parameters",
        "failures": f"{_API}/failures",
        "pick knee": f"{_API}/pick?pick=knee",
        "trials newest": f"{_API}/trials?sort=-number&limit=50",
        "trials best": f"{_API}/trials?sort=-accuracy&limit=50",
        "trials of the front": f"{_API}/trials?front=true&sort=adapter_bytes",
        "trials by text": f"{_API}/trials?text=dora&state=completed",
        "trials failed": f"{_API}/trials?state=failed",
        "workers": "/api/v1/workers",
        "workers of the job": f"{_API}/workers",
        "exports": f"{_API}/exports",
        "reports": f"{_API}/reports/confirm",
    }
    varied: dict[str, Callable[[random.Random], str]] = {
        "page trial": lambda rng: f"/jobs/{JOB}/trials/{number(rng)}",
        "page compare": lambda rng: f"/jobs/{JOB}/compare?trials={number(rng)},{number(rng)}",
        "points since": lambda rng: f"{_API}/points?after={trials - rng.randrange(50)}",
        "front then": lambda rng: f"{_API}/front?event={number(rng)}",
        "pick by budget": lambda rng: f"{_API}/pick?pick={pick(rng)}",
        "trials anywhere": lambda rng: f"{_API}/trials?offset={number(rng)}&limit=50",
        "trial": lambda rng: f"{_API}/trials/{number(rng)}",
        "measurements": lambda rng: f"{_API}/measurements?trials=1&first={number(rng)}",
        "measurements page": lambda rng: f"{_API}/measurements?first={number(rng)}",
    }
    return {name: (lambda rng, path=path: path) for name, path in fixed.items()} | varied


class Client:
    """One connection that is kept open, as a browser keeps it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)

    def get(self, path: str) -> tuple[float, int]:
        """Seconds until the whole answer was read, and its bytes on the wire."""
        started = time.perf_counter()
        self._connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = self._connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - started
        if response.status != 200:
            raise RuntimeError(f"GET {path}: {response.status} {body[:300]!r}")
        return seconds, len(body)


def measure(url: str, trials: int, requests: int) -> list[Figures]:
    """One route after the other."""
    client, rng = Client(url), random.Random(0)
    return [
        _figures(name, [client.get(make(rng)) for _ in range(requests)])
        for name, make in routes(trials).items()
    ]


def measure_together(url: str, trials: int, requests: int, clients: int = 4) -> list[Figures]:
    """All routes in a random order, by several clients at once."""
    table = routes(trials)
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in table}
    lock = threading.Lock()

    def work(index: int) -> None:
        client, rng = Client(url), random.Random(index + 1)
        names = [name for name in table for _ in range(requests // clients)]
        rng.shuffle(names)
        for name in names:
            result = client.get(table[name](rng))
            with lock:
                found[name].append(result)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(clients)))
    return [_figures(name, results) for name, results in found.items()]


def _figures(name: str, results: Sequence[tuple[float, int]]) -> Figures:
    times = np.array([seconds for seconds, _ in results]) * 1e3
    size = float(np.mean([size for _, size in results])) / 1e3
    p50, p95 = np.percentile(times, [50, 95])
    rounded = (round(float(x), 1) for x in (size, times[0], p50, p95, times.max()))
    return Figures(name, len(times), *rounded)


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
    path = f"{_API}/events?after={after}"
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
            token = store.take_suggestion_lease(job.id, "bench", 60.0)
            assert token is not None
            costs = {"adapter_bytes": float(sample.values["adapter_bytes"][i])}
            proposal = Proposal(configuration, 77_000 + i, "search")
            inserted = store.insert(job.id, token, [proposal], [costs])
            store.release_suggestion_lease(job.id, token)
            if not inserted:
                continue
            trial = store.claim(job.id, "bench", 60.0)
            assert trial is not None
            values = {name: float(sample.values[name][i]) for name in names}
            last.value = store.complete(trial.id, trial.attempt, values, {"threads": 1}, None)
            stop.wait(1.0)


def measure_naive(storage: str) -> float:
    """Milliseconds of reading the job whole, the median of five."""
    times = []
    with Store.open(storage) as store:
        job = store.find_job(JOB)
        for _ in range(5):
            started = time.perf_counter()
            front = {point.key for point in store.front(job.id)}
            members = [x for x in summarise(store.trials(job.id)) if x.key in front]
            assert members
            times.append(time.perf_counter() - started)
    return round(float(np.median(times)) * 1e3, 1)


@contextmanager
def serving(storage: str, files: Path) -> Iterator[tuple[str, psutil.Process]]:
    """`peftsearch dashboard` as a process; its address and process."""
    command = [sys.executable, "-m", "peftsearch", "dashboard", "--port", "0", "--json"]
    settings = {"PEFTSEARCH_STORAGE": storage, "PEFTSEARCH_FILES": str(files)}
    process = subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.PIPE, text=True
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
    counts = _SPAWN.SimpleQueue()
    arguments = (url, streams, after, last, counts)
    process = _SPAWN.Process(target=listen, args=arguments, daemon=True)
    process.start()
    try:
        yield counts.get
    finally:
        process.kill()


@contextmanager
def completing(storage: str) -> Iterator[Callable[[], int]]:
    """A worker's part in a process of its own; yields what ends it and tells the last event."""
    stop, last = _SPAWN.Event(), _SPAWN.Value("q", 0)
    process = _SPAWN.Process(target=complete_trials, args=(storage, stop, last), daemon=True)
    process.start()

    def end() -> int:
        stop.set()
        process.join()
        return int(last.value)

    try:
        yield end
    finally:
        end()


def run(storage: str, options: argparse.Namespace) -> dict[str, Any]:
    """Seed, serve, listen, complete, measure."""
    Store.open(storage).close()
    points = seed_job(storage, JOB, options.trials)
    for index in range(SMALL_JOBS):
        seed_job(storage, f"small-{index}", 20, seed=index + 2)
    print(f"{options.trials} trials, {points} points on the front", flush=True)
    naive = measure_naive(storage)
    files = Path(tempfile.mkdtemp(prefix="peftsearch-files-"))
    until = _SPAWN.Value("q", 0)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, files, ignore_errors=True)
        url, service = stack.enter_context(serving(storage, files))
        cold = round(Client(url).get(f"{_API}/points")[0] * 1e3, 1)
        report = stack.enter_context(listening(url, options.streams, options.trials, until))
        end = stack.enter_context(completing(storage))
        time.sleep(3.0)
        figures = _measure_all(url, service, options)
        until.value = last = end()
        streams = report()
    wanted = list(range(options.trials + 1, last + 1))
    whole = sum(stream == wanted for stream in streams)
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "python": platform.python_version(),
        "trials": options.trials,
        "front": points,
        "streams": {"open": len(streams), "brought_every_event": whole, "events": len(wanted)},
        "naive_ms": naive,
        "cold_points_ms": cold,
    } | figures


def _measure_all(url: str, service: psutil.Process, options: argparse.Namespace) -> dict[str, Any]:
    before, started = service.cpu_times(), time.perf_counter()
    alone = measure(url, options.trials, options.requests)
    together = measure_together(url, options.trials, options.requests)
    elapsed, after = time.perf_counter() - started, service.cpu_times()
    busy = after.user + after.system - before.user - before.system
    return {
        "service_megabytes": round(service.memory_info().rss / 1e6),
        "service_cpu_share": round(busy / elapsed, 2),
        "alone": [asdict(x) for x in alone],
        "together": [asdict(x) for x in together],
    }


def show(result: dict[str, Any]) -> None:
    """The table for people."""
    print(
        f"{'route':22}{'kB':>8}{'first':>8}{'p50':>8}{'p95':>8}{'worst':>8}   4 clients: p50, p95"
    )
    for one, four in zip(result["alone"], result["together"], strict=True):
        cells = "".join(f"{one[x]:8.1f}" for x in ("kilobytes", "first", "p50", "p95", "worst"))
        print(f"{one['route']:22}{cells}{four['p50']:14.1f}{four['p95']:8.1f}")
    print({name: value for name, value in result.items() if name not in ("alone", "together")})


def main() -> int:
    """0 if every route stayed under the limit and no stream missed an event."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--storage")
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with database(options.storage) as storage:
        result = run(storage, options)
    show(result)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    slow = {kind: list_slow(result[kind]) for kind in ("alone", "together")}
    for kind, found in slow.items():
        print(f"slower than {LIMIT_SECONDS:.3f} s, {kind}: {', '.join(found) or 'none'}")
    streams = result["streams"]
    missed = streams["open"] - streams["brought_every_event"]
    print(f"streams that missed an event: {missed}")
    return 1 if slow["alone"] or missed or streams["open"] != options.streams else 0


def list_slow(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The routes above the limit."""
    return [f"{x['route']} {x['p95']} ms" for x in rows if x["p95"] > 1e3 * LIMIT_SECONDS]


if __name__ == "__main__":
    sys.exit(main())
