"""Trials on two devices each, of which one process is killed: the one that holds the trial, or the
one beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from .faults import kill_all
from .ground import Ground


@contextmanager
def two_for_a_trial(ground: Ground) -> Iterator[bool]:
    """Each worker is two processes."""
    ground.engine = ("--devices-per-trial", "2")
    yield True


def kill_member(ground: Ground) -> int:
    """One process of a worker is killed, and the worker with it."""
    helpers = _helpers(ground)
    return kill_all(ground.running()[:1] if ground.rng.random() < 0.5 else helpers[:1])


def _helpers(ground: Ground) -> list[int]:
    """Processes of workers beside those that hold trials."""
    assert ground.process is not None
    known = {x.pid for x in ground.look()[2]}
    try:
        children = psutil.Process(ground.process.pid).children()
        return [x.pid for x in children if x.pid not in known and _is_worker(x)]
    except psutil.NoSuchProcess:
        return []


def _is_worker(process: psutil.Process) -> bool:
    return "spawn_main" in " ".join(process.cmdline())
