"""The files of an SQLite database that is in use: itself, its log, and the index of that.

SQLite leaves the latter two where they are as long as one uses them. Where somebody else takes
one away, whoever opens the database then sees another state, and takes what is taken here.
"""

import ctypes
import os
import sqlite3
from weakref import WeakValueDictionary

from sqlalchemy import Connection

_LOG, _INDEX = "-wal", "-shm"
"""What SQLite adds to the name of a file."""
_Opened = tuple[tuple[str, tuple[int, int]], ...]
"""Paths, and what the file of each is to the system; the index of a log last."""


class SqliteFile(sqlite3.Connection):
    """One that is never closed once its log has lost its index: the last to close puts what it
    knows of the log into the file and removes the log, with what others wrote there since."""

    opened: _Opened = ()

    def close(self) -> None:
        """Close it, unless others would lose by that."""
        if (_find_other(self.opened) or "").endswith(_INDEX):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))  # nor by Python, at its end
        else:
            _in_use.pop(id(self), None)
            super().close()


_in_use: WeakValueDictionary[int, SqliteFile] = WeakValueDictionary()
"""By their ids. Threads open and close theirs at once; a list of the references is one step."""


def know_files(connection: SqliteFile) -> None:
    """Remember which files a new connection has opened. Those of one process have one index, also
    where another lies there by now: then it is known by what an older one knew."""
    found = _find_files(connection)
    others = (x.opened for known in _in_use.valuerefs() if (x := known()) is not None)
    shared = (x for x in others if x[:1] == found[:1])
    connection.opened = next((x for x in shared if _find_other(x)), found)
    _in_use[id(connection)] = connection


def find_missing(connection: Connection) -> str | None:
    """The file of an SQLite database that is no longer where it was opened: deleted, moved or
    replaced by another. Writes to it succeed, and are for nobody."""
    driver = connection.connection.driver_connection
    return _find_other(driver.opened) if isinstance(driver, SqliteFile) else None


def _find_other(opened: _Opened) -> str | None:
    return next((path for path, known in opened if _identify(path) != known), None)


def _find_files(connection: sqlite3.Connection) -> _Opened:
    """None of a database in memory, and no log where SQLite keeps none."""
    connection.execute("PRAGMA user_version").fetchone()  # the first to read opens the log
    files = connection.execute("PRAGMA database_list").fetchall()
    path = next((x[2] for x in files if x[1] == "main"), "")
    found = [(x, _identify(x)) for x in (path, f"{path}{_LOG}", f"{path}{_INDEX}") if path]
    return tuple((path, known) for path, known in found if known is not None)


def _identify(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
