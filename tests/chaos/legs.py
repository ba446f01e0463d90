"""One job from its launch to its tally, while faults of one kind befall it."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from peftsearch.records.job import JobState
from tests.waiting import LIMIT, wait_until

from .faults import Fault
from .ground import Ground
from .tally import Tally, take_tally

_AT_A_TIME = 12
"""Faults of one job: fewer trials are quicker to propose."""


Prepare = Callable[[Ground], AbstractContextManager[bool]]
"""What a kind of fault needs before the job begins; False where it cannot be had here."""


@contextmanager
def _as_it_is(ground: Ground) -> Iterator[bool]:
    yield True


@dataclass(frozen=True)
class Kind:
    """One kind of fault: how a job goes through it, so many times."""

    run: Callable[[Ground, int], Tally]
    prepare: Prepare = _as_it_is


def of_fault(fault: Fault, prepare: Prepare = _as_it_is) -> Kind:
    """A kind whose faults befall a command."""
    return Kind(lambda ground, times: run_leg(ground, fault, times), prepare)


def share_out(times: int) -> list[int]:
    """How many of so many faults befall each of several jobs."""
    return [min(_AT_A_TIME, times - done) for done in range(0, times, _AT_A_TIME)]


def run_job(
    folder: Path, url: str, workshop: Path, kind: Kind, times: int, rng: random.Random
) -> Tally:
    """A job on a database of its own, and what is left of it."""
    folder.mkdir(parents=True)
    ground = Ground(folder, url, workshop, 3 + times // 2, folder / "files", rng)
    with kind.prepare(ground) as there:
        return kind.run(ground, times) if there else Tally()


def run_leg(ground: Ground, fault: Fault, times: int) -> Tally:
    """Let faults befall one job and look at what is left."""
    done = 0
    deadline = time.monotonic() + LIMIT
    while done < times:
        assert time.monotonic() < deadline, ground.said
        if ground.over:
            _prolong(ground, times - done)
        ground.begin()
        wait_until(lambda: bool(ground.running()) or _ended(ground), lambda: ground.said)
        time.sleep(ground.rng.uniform(0.0, 0.7))
        if not _ended(ground) and (befell := fault(ground)):
            done, deadline = done + befell, time.monotonic() + LIMIT
    finish(ground)
    return take_tally(ground, done)


def _ended(ground: Ground) -> bool:
    return ground.process is None or ground.process.poll() is not None


def _prolong(ground: Ground, left: int) -> None:
    """More trials for the faults that are left."""
    if ground.process is not None:
        ground.end()
    ground.trials += 1 + left // 2
    ground.write_job()


def finish(ground: Ground) -> None:
    """Run the command until the job has ended, and its processes with it."""
    deadline = time.monotonic() + LIMIT
    while ground.look()[0] is not JobState.FINISHED or ground.process is not None:
        assert time.monotonic() < deadline, ground.said
        ground.begin()
        ground.end()
    wait_until(lambda: not ground.processes(), ground.processes, seconds=90.0)
