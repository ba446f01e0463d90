"""Many stores at work on one database at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from peftsearch.storage.store import Store

T = TypeVar("T")
WORKERS = 4


def race(url: str, action: Callable[[Store, int], T], workers: int = WORKERS) -> list[T]:
    """Run `action` at once in as many threads, each with a store of its own; their results."""
    start = threading.Barrier(workers)

    def run(index: int) -> T:
        start.wait()
        with Store.open(url) as store:
            return action(store, index)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))
