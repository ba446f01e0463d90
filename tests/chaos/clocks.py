"""A machine whose clock is off by hours, beside one whose clock is right.

A library that is loaded before all others tells its processes another time of the day; the
monotonic clock stays as it is.
"""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.waiting import wait_until

from .faults import Fault
from .ground import Ground

_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long off(void) { char *x = getenv("CLOCK_OFF"); return x ? atol(x) : 0; }
int clock_gettime(clockid_t id, struct timespec *t) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, t);
    if (!done && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += off();
    return done;
}
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now;
    int done = clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000;
    return done;
}
time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""


def build_clock(folder: Path) -> Path | None:
    """The library; None where there is no compiler, or it has no effect."""
    if (compiler := shutil.which("cc")) is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library if _tells(library, 0) + 3000 < _tells(library, 3600) else None


def _tells(library: Path, seconds: int) -> int:
    """The time that a program takes it to be."""
    known = {"LD_PRELOAD": str(library), "CLOCK_OFF": str(seconds)}
    done = subprocess.run(["date", "+%s"], env=known, capture_output=True, check=True)
    return int(done.stdout)


@contextmanager
def one_worker(ground: Ground) -> Iterator[bool]:
    """The first command has one worker, so that the second comes to a trial soon."""
    ground.engine = ("--workers", "1")
    yield True


def run_beside(library: Path) -> Fault:
    """A second command whose clock is five hours off, now before and now behind, until one of its
    workers has ended a trial; then it is killed or told to end."""

    def act(ground: Ground) -> int:
        hours = ground.rng.choice((-5, 5))
        known = {"LD_PRELOAD": str(library), "CLOCK_OFF": str(hours * 3600)}
        other = ground.start("run", "job.toml", *ground.options, first=("env",), **known)
        wait_until(lambda: other.poll() is not None or _has_ended_a_trial(ground, other.pid))
        other.send_signal(ground.rng.choice((signal.SIGKILL, signal.SIGTERM)))
        other.communicate()
        return 1

    return act


def _has_ended_a_trial(ground: Ground, parent: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        own = {x.pid for x in psutil.Process(parent).children(recursive=True)}
        _, trials, workers = ground.look()
        names = {x.name for x in workers if x.pid in own}
        return any(x.worker in names and x.event is not None for x in trials)
    return False
