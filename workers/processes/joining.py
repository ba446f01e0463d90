"""How a worker process comes to its database, and leaves with its parent.

The parent reached the database before it started the process, so one that does not answer is away
for a while: it is asked again until it does.
"""

import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from typing import TypeVar

from peftsearch.errors import DatabaseAway, StoreFull, StoreUnavailable

from .shared_status import SharedMonitor

_PAUSE_SECONDS = 0.5
_GRACE_SECONDS = 60.0
T = TypeVar("T")


def ask_patiently(ask: Callable[[], T], monitor: SharedMonitor) -> T:
    """What `ask` returns once the database answers.

    Raises:
        DatabaseAway, StoreUnavailable: It still did not when the worker was to leave.
        StoreFull: The machine cannot write it, which waiting does not mend.
    """
    while True:
        try:
            return ask()
        except StoreFull:
            raise
        except (DatabaseAway, StoreUnavailable):
            if monitor.stopping():
                raise
        monitor.status.knocks.value += 1
        time.sleep(_PAUSE_SECONDS)


def leave_with_parent(monitor: SharedMonitor, folder: Path | None = None) -> None:
    """End this process with its parent, from a thread of its own.

    One that loads has nothing to lose and ends at once; one that works gives its trial back at its
    next step, for which it has a minute.

    Args:
        folder: That the parent made for this process, and would have taken away.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        awaited = (parent.sentinel, monitor, folder)
        threading.Thread(target=_leave, args=awaited, name="parent", daemon=True).start()


def _leave(sentinel: int, monitor: SharedMonitor, folder: Path | None) -> None:
    wait([sentinel])
    if monitor.status.steps.value:
        time.sleep(_GRACE_SECONDS)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
