"""The exception tree. Every message is one line: what was expected, what came, what to do."""

import contextlib
import shlex
from collections.abc import Iterator

from .message_text import as_line, one_line

ANYTHING = (Exception, SystemExit)
"""What code that is not ours may raise: it may end the process by `exit()` too."""


class PeftsearchError(Exception):
    """Base of all errors that peftsearch raises on purpose; the CLI exits with `exit_code`."""

    exit_code = 1


class UserError(PeftsearchError, ValueError):
    """The user's mistake: a wrong file, name or number. The CLI exits with 2.

    Args:
        expected: What would have been right.
        got: What came.
        hint: What to do about it.
        where: Dotted key of a job spec that it is about; empty where that is not known.

    Attributes:
        others: Further mistakes of the same input, to be told with it.
    """

    exit_code = 2
    others: "tuple[UserError, ...]" = ()

    def __init__(self, expected: str, got: str, hint: str, where: str = "") -> None:
        # A hint is kept whole: it may be a command.
        self.expected, self.got, self.hint = one_line(expected), one_line(got), as_line(hint)
        self.where = where
        super().__init__(self.expected, self.got, self.hint, where)

    def __str__(self) -> str:
        return f"expected {self.expected}; got {self.got}; {self.hint}"

    def join(self, *others: "UserError") -> None:
        """Tell these with it; tracebacks and notebooks show them below it."""
        self.others += others
        for error in others:
            self.add_note(f"also: {error}")


@contextlib.contextmanager
def located(where: str) -> Iterator[None]:
    """Errors of the user within the block are about this key of a job spec, or a nearer one."""
    try:
        yield
    except UserError as error:
        error.where = error.where or where
        raise


class Conflict(UserError):
    """What was asked for does not go with what is there, for example a name that is taken."""


class NotFoundError(UserError, KeyError):
    """A job, trial or configuration that the user named does not exist."""

    __str__ = UserError.__str__


class DatabaseAway(UserError):
    """A database that is to be opened does not answer: a wrong URL, or it is down for a while."""


class StaleLeaseError(PeftsearchError):
    """A write was refused since the writer's lease or attempt is no longer the current one."""


class StoreError(PeftsearchError):
    """A database did not do what it was asked for.

    Args:
        database: Its URL, without a password.
        reason: What the driver said.
    """

    def __init__(self, database: str, reason: str) -> None:
        self.database, self.reason = one_line(database), one_line(reason)
        super().__init__(self.database, self.reason)


class StoreUnavailable(StoreError):
    """It stopped answering. The change was not recorded, unless it broke in its commit."""

    def __str__(self) -> str:
        return (
            f"expected the database {self.database} to answer; got {self.reason}; "
            "try again when it is back"
        )


class StoreRefuses(StoreUnavailable):
    """A server answers and does not do what it is asked for: it is a standby, read-only for want
    of room, being restored, or without rights for us."""

    def __str__(self) -> str:
        return (
            f"expected the database {self.database} to do what is asked; got {self.reason}; "
            "see that it is the primary server, whole, and that its user may write, and try again"
        )


class StoreFault(StoreError):
    """A database answers, and takes no statement that is right: it gives numbers twice, for
    example, since its sequences were not brought over with its rows."""

    def __str__(self) -> str:
        return (
            f"expected the database {self.database} as peftsearch wrote it; got {self.reason}; "
            "see that all of it was restored, its sequences too, and try again"
        )


class StoreFull(StoreUnavailable):
    """This machine cannot write the database's file: its disk is full, broken or read-only."""

    def __str__(self) -> str:
        return (
            f"expected a database that can be written at {self.database}; got {self.reason}; "
            "make room or mend the disk, and try again"
        )


class StoreGone(StoreFull):
    """The file of an open SQLite database was deleted, moved or replaced by another, or its log.

    Args:
        database: Its URL.
        path: Where it was.
    """

    def __init__(self, database: str, path: str) -> None:
        log = path.endswith(("-wal", "-shm"))
        self.hint = "end all that works on it" if log else "put it back"
        super().__init__(database, f"{path} was deleted, moved or replaced while it was in use")

    def __str__(self) -> str:
        return (
            f"expected the database {self.database} where it was opened; got {self.reason}; "
            f"{self.hint} and try again: results that came since wait beside the adapters"
        )


class StoreDamaged(StoreFull):
    """The file of an SQLite database is damaged.

    Args:
        database: Its URL.
        reason: What the driver said.
        path: Of the file.
    """

    exit_code = 2
    """As of any input that is not what was asked for."""

    def __init__(self, database: str, reason: str, path: str) -> None:
        super().__init__(database, reason)
        self.path = path

    def __str__(self) -> str:
        got = f"expected a whole database at {self.database}; got {self.reason}"
        return f"{got}; {salvaging(self.path)}"


def salvaging(path: str) -> str:
    """How to save what is left of a damaged SQLite file: the command, for a hint."""
    return as_line(
        "restore it from a backup, or save what can be read: "
        f"`peftsearch doctor --salvage {shlex.quote(path)} --out NEW.db`"
    )
