"""A job's folder of files, held open while a worker works on the job: whoever deletes a job
removes it, and a database that lost the job's record does not."""

import contextlib
import os
import shutil
from pathlib import Path

from peftsearch.durable import make_folder
from peftsearch.errors import PeftsearchError
from peftsearch.workers.files.job_folder import remove_empty


class JobGone(PeftsearchError):
    """The record of a job is gone, and nobody deleted the job.

    Args:
        name: Of the job.
        folder: Of its files.
    """

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.name, self.folder = name, folder

    def __str__(self) -> str:
        return (
            f"expected job {self.name!r} in its database; got none, and its files are still in "
            f"{self.folder}, with what was trained since: restore the database and run the job "
            "again, or remove that folder"
        )


class HeldFolder:
    """The folder as it was when the worker came; it is made where it is not there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None
        with contextlib.suppress(OSError):  # who cannot write there finds out with its first file
            make_folder(path)
            self._handle = os.open(path, os.O_RDONLY)

    def is_removed(self) -> bool:
        """Whether it was, also where another one has its name by now; not where nobody knows."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        with contextlib.suppress(OSError):
            return self._handle is not None and not os.path.samestat(there, os.fstat(self._handle))
        return False

    def clear(self, adapter: Path | None) -> None:
        """Remove what came there after it was removed: an adapter, and folders that are empty."""
        if adapter is not None:
            shutil.rmtree(adapter, ignore_errors=True)
        remove_empty(self.path)

    def close(self) -> None:
        """Hold it no longer."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
