"""`peftsearch` whose workers can be killed at a chosen moment: when they load, leave a rung, write
an adapter or record it.

Moments are events of Python's audit hooks. Whoever wants a worker killed puts a token, a file
`KIND-NUMBER`, into a folder: the first worker to come to that moment takes it and kills itself
within a random part of the moment's length. All else is the program as it is; children of a pool
import this module too, as the spawn method of `multiprocessing` has it.
"""

import glob
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

TOKENS, FINISHED = "CHAOS_TOKENS", "CHAOS_FINISHED"
"""Variables: the folder of tokens, and the file to which finished trainings are written."""


@dataclass(frozen=True)
class Moment:
    """One kind.

    Attributes:
        event: Of the audit hook.
        mark: That its arguments hold.
        seconds: How long it is.
    """

    kind: str
    event: str
    mark: str
    seconds: float


MOMENTS = (
    Moment("loading", "import", "peftsearch.workers.processes.loop", 1.0),
    Moment("rung", "open", "/rungs/", 0.02),
    Moment("adapter", "tempfile.mkdtemp", "/trials/.", 0.03),
    Moment("recording", "os.rename", "/trials/.", 0.06),
)
_EVENTS = {x.event for x in MOMENTS}


def _notice(event: str, values: tuple[Any, ...]) -> None:
    if event not in _EVENTS or multiprocessing.parent_process() is None:
        return
    for moment in MOMENTS:
        if moment.event == event and moment.mark in str(values[0]):
            if moment.kind == "recording":
                _tell_finished(str(values[1]))
            if _take(moment.kind):
                threading.Thread(target=_die, args=(moment.seconds,), daemon=True).start()


def _tell_finished(adapter: str) -> None:
    with open(os.environ[FINISHED], "a") as file:
        file.write(f"{os.path.basename(adapter)}\n")


def _take(kind: str) -> bool:
    for token in glob.glob(f"{os.environ[TOKENS]}/{kind}-*"):
        try:
            os.unlink(token)
            return True
        except FileNotFoundError:  # another worker was faster
            continue
    return False


def _die(seconds: float) -> None:
    time.sleep(random.Random().uniform(0.0, seconds))
    os.kill(os.getpid(), signal.SIGKILL)


if TOKENS in os.environ:
    sys.addaudithook(_notice)

if __name__ == "__main__":
    from peftsearch.cli.app import main

    main()
