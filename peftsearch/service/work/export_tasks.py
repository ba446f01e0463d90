"""The exports that a service runs: each a program in the care of a thread, few at a time."""

import contextlib
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from peftsearch.service.settings import Settings

from .export_programs import explain_end, kill, settle, spawn
from .export_records import ExportFolders, ExportRecord, Process

AT_ONCE = 2
"""Each loads a model."""
WAITS = "waits for another export"


@dataclass
class _Task:
    """One export that has not ended."""

    record: ExportRecord
    future: "Future[None] | None" = None
    process: "subprocess.Popen[bytes] | None" = None
    cancelled: bool = field(default=False)


class ExportTasks:
    """Those of one service; for all threads.

    Attributes:
        lock: Held while tasks or their records change. Who decides by both holds it meanwhile.
    """

    def __init__(self, settings: Settings, program: Sequence[str], folders: ExportFolders) -> None:
        self.lock = threading.RLock()
        self._settings, self._program, self._folders = settings, program, folders
        self._threads = ThreadPoolExecutor(AT_ONCE, "export")
        self._tasks: dict[str, _Task] = {}

    def __contains__(self, export: str) -> bool:
        return export in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, record: ExportRecord) -> None:
        """Run an export whose record is written, in its turn."""
        with self.lock:
            self._tasks[record.id] = task = _Task(record)
            task.future = self._threads.submit(self._run, task)

    def end(self, exports: list[str]) -> None:
        """Kill the programs of exports, and wait until their threads let go of the files."""
        with self.lock:
            tasks = [task for x in exports if (task := self._tasks.get(x)) is not None]
            for task in tasks:
                task.cancelled = True
                if task.process is not None and task.process.poll() is None:
                    kill(task.process.pid)
        futures = [task.future for task in tasks if task.future and not task.future.cancel()]
        wait(futures)
        with self.lock:
            for task in tasks:
                self._tasks.pop(task.record.id, None)

    def close(self) -> list[ExportRecord]:
        """End all; their records, as they were last. May be called again."""
        with self.lock:
            records = [task.record for task in self._tasks.values()]
        self.end([record.id for record in records])
        self._threads.shutdown()
        return records

    def _run(self, task: _Task) -> None:
        """In a thread: one export from its start to its end."""
        try:
            with self.lock:
                if task.cancelled:
                    return
                folder = self._folders.folder(task.record)
                task.process = spawn(self._settings, self._program, folder, task.record)
                child = Process.find(task.process.pid)
                task.record = replace(task.record, message=None, child=child)
                self._folders.write(task.record)
            ended = settle(folder, task.record, explain_end(task.process.wait()))
        except Exception as error:
            text = f"{type(error).__name__}: {error}".partition("\n")[0]
            ended = replace(task.record, state="failed", message=text)
        with self.lock:
            if not task.cancelled:
                with contextlib.suppress(OSError):  # then whoever looks next settles it
                    self._folders.write(ended)
                self._tasks.pop(task.record.id, None)
