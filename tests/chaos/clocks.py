"""A machine whose clock is off by hours, beside one whose clock is right.

A library that is loaded before all others tells a program another time of the day; the monotonic
clock stays as it is. The process whose copies the programs are has it loaded, and they obey.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.waiting import wait_until

from .ground import Ground

_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long off(void) { char *x = getenv("CLOCK_OFF"); return x ? atol(x) : 0; }
int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
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


@contextmanager
def loaded_clock(folder: Path) -> Iterator[None]:
    """What starts within the block obeys `CLOCK_OFF`, and so do its copies, where there is a
    compiler."""
    compiler = shutil.which("cc")
    if compiler is not None:
        folder.mkdir(parents=True)
        source, library = folder / "clock.c", folder / "clock.so"
        source.write_text(_SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        os.environ["LD_PRELOAD"] = str(library)
    try:
        yield
    finally:
        if compiler is not None:
            del os.environ["LD_PRELOAD"]


def obeyed() -> bool:
    """Whether programs obey `CLOCK_OFF`."""
    return _told(0) + 3000 < _told(3600)


def _told(seconds: int) -> int:
    """The time that a program takes it to be."""
    known = os.environ | {"CLOCK_OFF": str(seconds)}
    code = "import time; print(int(time.time()))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=known, capture_output=True, check=True)
    return int(done.stdout)


@contextmanager
def one_worker(ground: Ground) -> Iterator[bool]:
    """The first command has one worker, so that the second comes to a trial soon."""
    ground.engine = ("--workers", "1")
    yield True


def run_beside(ground: Ground) -> int:
    """A second command whose clock is five hours off, now before and now behind, until one of its
    workers has ended a trial; then it is killed or told to end."""
    off = str(ground.rng.choice((-5, 5)) * 3600)
    other = ground.start("run", "job.toml", *ground.options, CLOCK_OFF=off)
    wait_until(lambda: other.poll() is not None or _has_ended_a_trial(ground, other.pid))
    other.send_signal(ground.rng.choice((signal.SIGKILL, signal.SIGTERM)))
    other.communicate()
    return 1


def _has_ended_a_trial(ground: Ground, parent: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        own = {x.pid for x in psutil.Process(parent).children(recursive=True)}
        _, trials, workers = ground.look()
        names = {x.name for x in workers if x.pid in own}
        return any(x.worker in names and x.event is not None for x in trials)
    return False
