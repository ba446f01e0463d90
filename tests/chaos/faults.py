"""The kinds of faults: each befalls a job that runs, once, and says how often it did."""

import itertools
import os
import signal
import time
from collections.abc import Callable

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.waiting import wait_until

from .ground import Ground
from .program import MOMENTS

Fault = Callable[[Ground], int]
_SEVER = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def kill_at(kind: str) -> Fault:
    """A worker is killed when it comes to a moment."""

    def act(ground: Ground) -> int:
        token = ground.put_token(kind)
        if kind == "loading":
            kill_all(ground.running()[:1])  # another one loads then
        wait_until(lambda: not token.exists() or _has_nobody(ground))
        if token.exists():
            token.unlink(missing_ok=True)
            return 0
        return 1 + (kind == "loading")

    return act


def kill_training(ground: Ground) -> int:
    """A worker that trains is killed."""
    return kill_all(ground.running()[:1])


def kill_parent(ground: Ground) -> int:
    """The parent of a pool is killed; its workers end by themselves."""
    assert ground.process is not None
    ground.process.kill()
    ground.end()
    return 1


def terminate(ground: Ground) -> int:
    """SIGTERM to all processes of the command."""
    assert ground.process is not None
    os.killpg(ground.process.pid, signal.SIGTERM)
    assert ground.end() in (143, 0)
    return 1


def hold_parent(ground: Ground) -> int:
    """The parent stands still for longer than its workers' leases last, beside a second command
    that takes the trials."""
    other = ground.start("run", "job.toml", *ground.options)
    assert ground.process is not None
    ground.process.send_signal(signal.SIGSTOP)
    time.sleep(35.0)
    ground.process.send_signal(signal.SIGCONT)
    other.communicate()
    return 1


def launch_twice(ground: Ground) -> int:
    """A second command on the same job, of which one worker is killed."""
    other = ground.start("run", "job.toml", *ground.options)
    time.sleep(ground.rng.uniform(0.0, 3.0))
    other.kill()
    other.communicate()
    return 1


def sever(ground: Ground) -> int:
    """PostgreSQL ends all connections to the database."""
    with create_engine(ground.url, poolclass=NullPool).begin() as connection:
        return int(bool(connection.execute(text(_SEVER)).all()))


def kill_all(pids: list[int]) -> int:
    """Kill processes; how many there were."""
    killed = 0
    for pid in pids:
        try:
            psutil.Process(pid).kill()
            killed += 1
        except psutil.NoSuchProcess:
            continue
    return killed


def _has_nobody(ground: Ground) -> bool:
    """Whether the command has ended, so that nobody comes to the moment any more."""
    return ground.process is None or ground.process.poll() is not None


FAULTS: dict[str, Fault] = {
    **{f"worker killed: {x.kind}": kill_at(x.kind) for x in MOMENTS},
    "worker killed: training": kill_training,
    "pool's parent killed": kill_parent,
    "SIGTERM to all": terminate,
    "two launches, one killed": launch_twice,
    "parent stands still": hold_parent,
}
"""On any database."""


def mixed() -> Fault:
    """One kind after the other, those that need no waiting."""
    kinds = itertools.cycle(x for name, x in FAULTS.items() if x is not hold_parent)
    return lambda ground: next(kinds)(ground)
