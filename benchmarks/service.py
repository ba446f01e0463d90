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
import http.client
import json
import os
import platform
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import SPAWN, completing, database, listening, serving
from benchmarks.routes import API, JOB, routes
from peftsearch.records.estimates import estimate_each
from peftsearch.storage.store import Store
from tests.seeding import seed_job

LIMIT_SECONDS = 0.200
SMALL_JOBS = 12


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


def measure_naive(storage: str) -> float:
    """Milliseconds of reading the job whole, the median of five."""
    times = []
    with Store.open(storage) as store:
        job = store.find_job(JOB)
        for _ in range(5):
            started = time.perf_counter()
            front = {point.key for point in store.front(job.id)}
            members = [x for x in estimate_each(store.trials(job.id)) if x.key in front]
            assert members
            times.append(time.perf_counter() - started)
    return round(float(np.median(times)) * 1e3, 1)


def run(storage: str, options: argparse.Namespace) -> dict[str, Any]:
    """Seed, serve, listen, complete, measure."""
    Store.open(storage).close()
    points = seed_job(storage, JOB, options.trials)
    for index in range(SMALL_JOBS):
        seed_job(storage, f"small-{index}", 20, seed=index + 2)
    print(f"{options.trials} trials, {points} points on the front", flush=True)
    naive = measure_naive(storage)
    files = Path(tempfile.mkdtemp(prefix="peftsearch-files-"))
    until = SPAWN.Value("q", 0)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, files, ignore_errors=True)
        url, service = stack.enter_context(serving(storage, files))
        cold = round(Client(url).get(f"{API}/points")[0] * 1e3, 1)
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
