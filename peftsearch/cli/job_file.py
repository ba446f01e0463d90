"""The job file that a command line names. Imports no torch: a mistake in it is told at once."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from peftsearch.errors import UserError
from peftsearch.jobs import all_mistakes
from peftsearch.jobs.jobfile import DataForJob
from peftsearch.spaces.jobspec.spec import JobSpec


def read_job(path: Path, track: Sequence[str] | None = None) -> JobSpec:
    """The complete spec of a job file.

    Args:
        track: Names of trackers, in place of the job file's; None leaves them.

    Raises:
        UserError: It is none, with the command that makes one of data; or what is wrong with it,
            `others` with all the rest.
    """
    try:
        return all_mistakes.read_job(path, track)
    except DataForJob as error:
        hint = f"`peftsearch init {quote(str(path))}` writes a job file for it"
        raise UserError(error.expected, error.got, hint) from error
