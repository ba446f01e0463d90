"""Databases of measurements."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import find_programs, run_cluster

BACKENDS = ("sqlite", "postgresql")


@contextmanager
def databases(backend: str) -> Iterator[Callable[[int], str]]:
    """Makes the URL of a database for a number; PostgreSQL's is one, and has a job of each."""
    if backend == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield lambda n: f"sqlite:///{Path(folder) / f'{n}.db'}"
        return
    programs = find_programs()
    assert programs is not None, "no programs of PostgreSQL here"
    with run_cluster(programs) as cluster:
        yield lambda n: cluster.url("postgres")
