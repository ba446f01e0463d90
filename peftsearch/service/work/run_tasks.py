"""The runs that a service has begun: each a program in the care of a thread, few at a time."""

import contextlib
import subprocess
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, Protocol

from peftsearch.workers.processes.held_folder import HeldFolder

from .processes import Process, explain_end, kill
from .run_records import R, RunFolders


class Program(Protocol[R]):
    """What runs, and what it leaves."""

    def spawn(self, folder: Path, record: R) -> "subprocess.Popen[bytes]":
        """Start it in a session of its own."""

    def settle(self, folder: Path, record: R, otherwise: str) -> R:
        """What became of a run whose program has ended.

        Args:
            otherwise: Why it failed, if it wrote nothing.

        Raises:
            OSError: What it wrote cannot be packed.
        """


BEAT_SECONDS = 5.0
"""Between two looks whether somebody deleted a run whose program goes on."""


@dataclass
class _Task(Generic[R]):
    """One run that has not ended."""

    record: R
    held: HeldFolder
    future: "Future[None] | None" = None
    process: "subprocess.Popen[bytes] | None" = None
    cancelled: bool = field(default=False)


class RunTasks(Generic[R]):
    """Those of one kind of one service; for all threads.

    Attributes:
        lock: Held while tasks or their records change. Who decides by both holds it meanwhile.
        at_once: Programs that run side by side.
    """

    def __init__(self, program: Program[R], folders: RunFolders[R], at_once: int) -> None:
        self.lock, self.at_once = threading.RLock(), at_once
        self._program, self._folders = program, folders
        self._threads = ThreadPoolExecutor(at_once, "run")
        self._tasks: dict[str, _Task[R]] = {}

    def __contains__(self, run: str) -> bool:
        return run in self._tasks

    @property
    def full(self) -> bool:
        """Whether a further one has to wait."""
        return len(self._tasks) >= self.at_once

    @property
    def records(self) -> list[R]:
        """Of those that have not ended, as they were last."""
        with self.lock:
            return [task.record for task in self._tasks.values()]

    def start(self, record: R) -> None:
        """Begin a run whose record is written, in its turn."""
        with self.lock:
            self._tasks[record.id] = task = _Task(record, self._folders.hold(record))
            task.future = self._threads.submit(self._run, task)

    def end(self, runs: list[str]) -> None:
        """Kill the programs of runs, and wait until their threads let go of the files."""
        with self.lock:
            tasks = [task for x in runs if (task := self._tasks.get(x)) is not None]
            for task in tasks:
                task.cancelled = True
                if task.process is not None and task.process.poll() is None:
                    kill(task.process.pid)
        futures = [task.future for task in tasks if task.future and not task.future.cancel()]
        wait(futures)
        with self.lock:
            for task in tasks:
                self._drop(task)

    def close(self) -> list[R]:
        """End all; their records, as they were last. May be called again."""
        records = self.records
        self.end([record.id for record in records])
        self._threads.shutdown()
        return records

    def _run(self, task: _Task[R]) -> None:
        """In a thread: one run from its start to its end, or until somebody deletes it."""
        ended = self._follow(task)
        with self.lock:
            if ended is not None and not task.cancelled:
                with contextlib.suppress(OSError):  # then whoever looks next settles it
                    self._folders.write(ended)
            if not self._folders.beat(task.record):
                self._folders.remove(task.record)
            if task.held.is_removed():
                task.held.clear(None)
            self._drop(task)

    def _drop(self, task: _Task[R]) -> None:
        self._tasks.pop(task.record.id, None)
        task.held.close()

    def _follow(self, task: _Task[R]) -> R | None:
        """What became of it; None of one that never began."""
        try:
            with self.lock:
                if task.cancelled:
                    return None
                folder = self._folders.folder(task.record)
                task.process = self._program.spawn(folder, task.record)
                self._note(task, task.process.pid)
            reason = explain_end(self._wait(task.process))
            return self._program.settle(folder, task.record, reason)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".partition("\n")[0]
            return replace(task.record, state="failed", message=text)

    def _wait(self, process: "subprocess.Popen[bytes]") -> int:
        while True:
            try:
                return process.wait(BEAT_SECONDS)
            except subprocess.TimeoutExpired:
                self._beat()

    def _beat(self) -> None:
        """Show that the runs are watched, and end those that another service deleted."""
        with self.lock:
            for task in self._tasks.values():
                if not self._folders.beat(task.record):
                    task.cancelled = True
                    if task.process is not None and task.process.poll() is None:
                        kill(task.process.pid)

    def _note(self, task: _Task[R], pid: int) -> None:
        """Write down which process it is; one of which nobody could know is ended."""
        task.record = replace(task.record, message=None, child=Process.find(pid))
        try:
            self._folders.write(task.record)
        except OSError:
            kill(pid)
            raise
