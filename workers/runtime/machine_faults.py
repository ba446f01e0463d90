"""Errors of the machine, which no other trial would be spared: a full disk, a broken one, a folder
that may not be written. Imports no torch."""

import errno
import os
import re
from collections.abc import Iterator

from peftsearch.errors import PeftsearchError

_OF_THE_MACHINE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EIO,
    errno.ENFILE,
    errno.EMFILE,
    errno.ESTALE,
}
_RUST = re.compile(r"\(os error ([0-9]{1,5})\)")
"""How safetensors tells what the system said; it has no number of its own."""


class MachineFault(PeftsearchError):
    """A trial could not be trained or kept, and it is not the trial's fault.

    Args:
        doing: What failed.
        reason: What the system said.
        job: Name of the job.
    """

    def __init__(self, doing: str, reason: str, job: str) -> None:
        super().__init__(doing, reason, job)
        self.doing, self.reason, self.job = doing, reason, job

    def __str__(self) -> str:
        return (
            f"this machine cannot {self.doing}: {self.reason}; what ran is queued again: "
            f"mend it, and `peftsearch resume {self.job}` goes on"
        )


def system_reason(error: BaseException) -> str | None:
    """What the system said, of an error that is its own or that came of one; else None."""
    number = next(_numbers(error), None)
    return None if number is None else os.strerror(number)


def machine_reason(error: BaseException) -> str | None:
    """The same where it is the machine's fault whatever was trained; else None."""
    found = machine_error(error)
    return None if found is None else found.strerror


def machine_error(error: BaseException) -> OSError | None:
    """The same as an error of the system, which may be told to another process."""
    number = next((x for x in _numbers(error) if x in _OF_THE_MACHINE), None)
    return None if number is None else OSError(number, os.strerror(number))


def _numbers(error: BaseException | None) -> Iterator[int]:
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            yield error.errno
        elif found := _RUST.search(str(error)):
            yield int(found[1])
        error = error.__cause__ or error.__context__
