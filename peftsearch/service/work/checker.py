"""Full checks of job specs, each in a child process with a time limit."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException

from peftsearch.errors import Conflict, UserError
from peftsearch.jobs.local_devices import EVERYWHERE
from peftsearch.service.guard.bodies import check_plain
from peftsearch.service.settings import Settings
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec
from peftsearch.spaces.jobspec.spec import JobSpec, find_mistakes, parse_spec

from .children import reader_environment

SECONDS = 300.0
"""Samples and models may be fetched within it."""
AT_ONCE = 2
WAITING = 4
PROGRAM = (sys.executable, "-m", "peftsearch.service.work.checking")


@dataclass(frozen=True)
class Complete:
    """A spec that a job can be made of.

    Attributes:
        notes: What a person should know about the data.
        configurations: Size of the space without the learning rate.
    """

    spec: JobSpec
    notes: list[str]
    configurations: int


class Checker:
    """Checks of specs; for all threads.

    Args:
        program: What checks.
        seconds: Time limit of one check.
    """

    def __init__(
        self, settings: Settings, program: Sequence[str] = PROGRAM, seconds: float = SECONDS
    ) -> None:
        self._settings, self._program, self._seconds = settings, program, seconds
        self.places = AT_ONCE + WAITING
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def check_quickly(self, data: Mapping[str, Any]) -> None:
        """Look at a spec by itself alone.

        Raises:
            WrongSpec: With all its mistakes.
        """
        try:
            check_plain(data)
        except UserError as error:
            raise WrongSpec([Mistake.of(error)]) from error
        if mistakes := find_mistakes(data):
            raise WrongSpec(mistakes)

    def check(self, data: Mapping[str, Any]) -> Complete:
        """Look at a spec, its model, its data and its space; waits for it.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many checks run.
            WrongSpec: With all mistakes that can be known at once.
        """
        self.check_quickly(data)
        roots = self._settings.data_roots
        folder = roots[0] if roots else Path.cwd()
        request = {
            "spec": data,
            "folder": str(folder),
            "roots": None if roots is None else [str(x) for x in roots],
        }
        answer = self._answer(request, folder)
        return Complete(parse_spec(answer["spec"]), answer["notes"], answer["configurations"])

    def check_device(self, device: str) -> None:
        """Before a job is made that no worker of this machine could take up; waits for it.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many checks run.
            WrongSpec: No such device on this machine.
        """
        if device not in EVERYWHERE:
            self._answer({"device": device}, Path.cwd())

    def _answer(self, request: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """What the program answers to a request without mistakes."""
        with self._turn():
            answer = self._ask(json.dumps(request), folder)
        if "mistake" in answer:
            raise WrongSpec([Mistake(**answer["mistake"])])
        return answer

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a turn, unless too many wait already."""
        with self._lock:
            if not self.places:
                text = "Too many specs are being checked; try again in a while."
                raise HTTPException(429, text)
            self.places -= 1
        try:
            with self._turns:
                yield
        finally:
            with self._lock:
                self.places += 1

    def _ask(self, request: str, folder: Path) -> dict[str, Any]:
        with self._spawned(folder) as process:
            try:
                output, _ = process.communicate(request, self._seconds)
            except subprocess.TimeoutExpired as error:
                got = f"one that took longer than {self._seconds:.0f} s"
                hint = "use less data, or fetch the model and data before"
                raise WrongSpec([Mistake("", "a spec that can be checked", got, hint)]) from error
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError as error:
            got = f"a check that ended with exit code {process.returncode}"
            hint = "see the log of the service"
            raise WrongSpec([Mistake("", "a spec that can be checked", got, hint)]) from error
        return answer

    @contextlib.contextmanager
    def _spawned(self, folder: Path) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            if self._closed:
                raise Conflict("a running service", "one that ends", "start it again")
            process = subprocess.Popen(
                self._program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=folder,
                env=reader_environment(),
                start_new_session=True,
            )
            self._running.add(process)
        try:
            with process:
                try:
                    yield process
                finally:
                    _kill(process)
        finally:
            with self._lock:
                self._running.discard(process)

    def close(self) -> None:
        """End the checks that run."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill(process)


def _kill(process: "subprocess.Popen[str]") -> None:
    """End a process and what it started, such as a download."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
