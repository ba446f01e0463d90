"""Questions to programs of their own, each with a time limit, few at a time."""

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException

from peftsearch.errors import Conflict

from .processes import kill


class NoAnswer(Exception):
    """A program that was too slow or died.

    Attributes:
        got: What came instead.
        hint: What to do.
    """

    def __init__(self, got: str, hint: str) -> None:
        super().__init__(got, hint)
        self.got, self.hint = got, hint


class Asker:
    """Asks one program; for all threads.

    Args:
        program: Reads JSON from its standard input and answers so.
        seconds: Time limit of one question.
        at_once: Questions side by side.
        waiting: Further ones that wait for a turn.
        busy: What is said where more come.

    Attributes:
        places: How many more may come.
    """

    def __init__(
        self, program: Sequence[str], seconds: float, at_once: int, waiting: int, busy: str
    ) -> None:
        self._program, self._seconds, self._busy = program, seconds, busy
        self.places = at_once + waiting
        self._turns = threading.BoundedSemaphore(at_once)
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def ask(
        self, request: Mapping[str, Any], folder: Path, environment: Mapping[str, str]
    ) -> dict[str, Any]:
        """What the program answers; waits for it.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many wait.
            NoAnswer: It took too long or died.
        """
        with self._turn(), self._spawned(folder, environment) as process:
            try:
                output, _ = process.communicate(json.dumps(request), self._seconds)
            except subprocess.TimeoutExpired as error:
                got = f"one that took longer than {self._seconds:.0f} s"
                hint = "use less data, or fetch the model and data before"
                raise NoAnswer(got, hint) from error
            code = process.returncode
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError as error:
            got = f"a check that ended with exit code {code}"
            raise NoAnswer(got, "see the log of the service") from error
        return answer

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a turn, unless too many wait already."""
        with self._lock:
            if not self.places:
                raise HTTPException(429, self._busy)
            self.places -= 1
        try:
            with self._turns:
                yield
        finally:
            with self._lock:
                self.places += 1

    @contextlib.contextmanager
    def _spawned(
        self, folder: Path, environment: Mapping[str, str]
    ) -> Iterator["subprocess.Popen[str]"]:
        with self._lock:
            if self._closed:
                raise Conflict("a running service", "one that ends", "start it again")
            process = subprocess.Popen(
                self._program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
            self._running.add(process)
        try:
            with process:
                try:
                    yield process
                finally:
                    kill(process.pid)  # and what it started, such as a download
        finally:
            with self._lock:
                self._running.discard(process)

    def close(self) -> None:
        """End the questions that run."""
        with self._lock:
            self._closed = True
            for process in self._running:
                kill(process.pid)
