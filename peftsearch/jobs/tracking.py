"""Telling a job to trackers while a block works on it.

A process of its own for each tracker reads the database and tells the tracker what it finds
(`peftsearch.tracking`). Whoever works on the job only starts it, and waits for it a little at the
end: a tracker that hangs, fails or takes all memory has no way into a training.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from peftsearch.message_text import one_line
from peftsearch.records.job import Job
from peftsearch.spaces.jobspec.tracker_names import check_installed, missing

PROGRAM = (sys.executable, "-m", "peftsearch.tracking")
PATIENCE_SECONDS = 15.0
"""That a command waits, once its work is done, for trackers to be told the rest."""
Tell = Callable[[str], None]


def say_beside(line: str) -> None:
    """On standard error, where a live display puts it above itself."""
    print(f"note: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def tracked(
    job: Job,
    storage: str,
    root: Path,
    trackers: Sequence[str],
    tell: Tell = say_beside,
    patience: float = PATIENCE_SECONDS,
    program: Sequence[str] = PROGRAM,
) -> Iterator[list[str]]:
    """Let trackers be told of a job while the block runs.

    Args:
        root: Folder of the jobs' files.
        tell: Given lines that a person should know, from another thread too.
        patience: Seconds to wait for the rest once the block has ended, in all.

    Yields:
        A list; once the block has ended, of the trackers that do not know all.
    """
    followers, untold = list[_Follower](), list[str]()
    try:
        for name in trackers:
            try:
                followers.append(_Follower(job, storage, root, name, tell, program))
            except OSError as error:
                tell(one_line(f"{name} is not told of the job: {error}"))
                untold.append(name)
        yield untold
    finally:
        try:
            for follower in followers:
                follower.ask()
            until = time.monotonic() + patience
            for follower in followers:
                follower.wait(until)
        finally:
            untold += [x.name for x in followers if not x.kill()]


def choose_trackers(trackers: Sequence[str], asked: bool, tell: Tell = say_beside) -> list[str]:
    """Those that a worker tells: where nobody asked for them here, what is not installed is left
    to other machines.

    Raises:
        UserError: One that was asked for is not installed.
    """
    if asked:
        check_installed(trackers)
    absent = missing(trackers)
    for name in absent:
        tell(f"the job is tracked to {name}, which is not installed here: it is left to others")
    return [x for x in trackers if x not in absent]


class _Follower:
    """One process that tells one tracker, as its parent sees it."""

    def __init__(
        self, job: Job, storage: str, root: Path, name: str, tell: Tell, program: Sequence[str]
    ) -> None:
        self.name, self._job, self._tell = name, job.name, tell
        self._process = subprocess.Popen(
            [*program, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("PEFTSEARCH_DEBUG") else subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the workers: this one ends after them
            text=True,
        )
        # Through a pipe, since arguments are shown to all and the URL may hold a password.
        order = {"storage": storage, "job": job.id, "uid": job.uid, "root": str(root)}
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._tell(line.rstrip("\n"))

    def ask(self) -> None:
        """Let it tell what is left, and end."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def wait(self, until: float) -> None:
        """Until it has ended or the time is over."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, until - time.monotonic()))

    def kill(self) -> bool:
        """End it now, with all that its client started; whether its tracker was told all."""
        late = self._process.poll() is None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._listener.join(1.0)
        if not self._listener.is_alive():
            assert self._process.stdout is not None
            self._process.stdout.close()
        if late or self._process.returncode:
            again = f"`peftsearch track {self._job} --to {self.name}`"
            self._tell(f"{self.name} was not told all: {again} tells it the rest")
            return False
        return True
