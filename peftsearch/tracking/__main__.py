"""`python -m peftsearch.tracking NAME`: one process that tells one tracker of one job.

Its first line of standard input says which job. It ends when that input does, which is so too
where whoever started it was killed; what it prints is for people.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TextIO

from peftsearch.errors import PeftsearchError
from peftsearch.message_text import trace
from peftsearch.tracking.process import Process

_LEFT_ALONE_SECONDS = 90.0
"""After its parent asked it to end, or died, none such process lives longer."""


def _take_output() -> TextIO:
    """Standard output for our own lines, and nothing of it for clients, which talk much."""
    kept = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return kept


def _listen(asked: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.readline():
            pass
    asked.set()
    threading.Timer(_LEFT_ALONE_SECONDS, lambda: os._exit(1)).start()


def main() -> None:
    """Follow the job until standard input ends; 1 where the tracker was not told all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(10)  # trainings go first
    out, order, asked = _take_output(), json.loads(sys.stdin.readline()), threading.Event()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()

    def tell(line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(line, file=out)

    root = Path(order["root"])
    process = Process(sys.argv[1], order["storage"], order["job"], order["uid"], root, tell)
    try:
        told = process.follow(asked)
    except PeftsearchError as error:
        tell(str(error))
        told = False
    except Exception as error:
        if os.environ.get("PEFTSEARCH_DEBUG"):
            print(trace(error), file=sys.stderr)
        process.warn(error)
        told = False
    out.flush()
    os._exit(0 if told else 1)  # no thread of a client may keep it


if __name__ == "__main__":
    main()
