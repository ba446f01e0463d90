"""The databases of the jobs, and the faults that only one kind of database knows."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.cluster import SETTINGS, Cluster, find_programs, run_cluster

from .clocks import obeyed, one_worker, run_beside
from .disks import adapters_apart, all_apart, fill_adapters, fill_all, without
from .faults import FAULTS, Fault, sever
from .ground import Ground
from .legs import Kind, of_fault
from .ray_nodes import ray_kinds
from .service import run_service_leg
from .teams import kill_member, two_for_a_trial


@dataclass(frozen=True)
class Database:
    """Where jobs go.

    Attributes:
        create: Makes an empty one; its URL.
    """

    create: Callable[[], str]
    kinds: Mapping[str, Kind]


@contextmanager
def use_sqlite(folder: Path) -> Iterator[Database]:
    """A file for each job."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = itertools.count()
    kinds = {
        "disk of adapters full": of_fault(fill_adapters, adapters_apart),
        "disk of all full": of_fault(fill_all, all_apart),
        "service killed": Kind(run_service_leg),
    }
    yield Database(lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}", KILLS | kinds)


@contextmanager
def use_postgres(folder: Path) -> Iterator[Database]:
    """A database for each job, on a server of our own.

    Raises:
        RuntimeError: Its programs are missing.
    """
    programs = find_programs()
    if programs is None:
        raise RuntimeError("the programs of a PostgreSQL server (initdb, postgres) are missing")
    numbers = itertools.count()
    with run_cluster(programs, SETTINGS | {"synchronous_commit": "on"}) as cluster:

        def create() -> str:
            name = f"chaos{next(numbers)}"
            engine = create_engine(
                cluster.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
            )
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return cluster.url(name)

        yield Database(create, KILLS | _kinds(cluster))


def _kinds(cluster: Cluster) -> dict[str, Kind]:
    def restart(how: str) -> Fault:
        def act(ground: Ground) -> int:
            cluster.control("stop", "-m", how)
            time.sleep(ground.rng.uniform(0.0, 3.0))
            cluster.control("start")
            return 1

        return act

    off = {"clock off by hours": of_fault(run_beside, one_worker)} if obeyed() else {}
    nowhere = without(partial(cluster.control, "stop"), partial(cluster.control, "start"))
    return {
        "connections severed": of_fault(sever),
        "server stopped": of_fault(restart("fast")),
        "server crashed": of_fault(restart("immediate")),
        "server stopped, disk full": of_fault(nowhere, adapters_apart),
        **off,
        **ray_kinds(),
    }


KILLS = {
    **{name: of_fault(fault) for name, fault in FAULTS.items()},
    "one of two processes killed": of_fault(kill_member, two_for_a_trial),
}
DATABASES: dict[str, Callable[[Path], AbstractContextManager[Database]]] = {
    "sqlite": use_sqlite,
    "postgresql": use_postgres,
}
