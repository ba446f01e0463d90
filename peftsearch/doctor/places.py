"""The folders that are written, and the room that is left there."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from peftsearch.results.wording import size
from peftsearch.samples.packages import cache_folder

from .finding import Finding, failure, fine, note

SCARCE_BYTES = 1_000_000_000
"""Below this the sample models and a long job's adapters may not fit."""


def examine_folder(subject: str, folder: Path, remedy: str) -> Finding:
    """Whether a folder can be written, or made where there is none yet.

    Args:
        remedy: What to do where it cannot.
    """
    there = find_existing(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return failure(subject, f"{folder} cannot be written ({error.strerror}); {remedy}")
    made = "" if there == folder else ", made when it is needed"
    return fine(subject, f"{folder}{made}")


def examine_disk(folder: Path) -> Finding:
    """The room that is left for what a job writes."""
    left = shutil.disk_usage(find_existing(folder)).free
    text = f"{size(left)} free at {folder}"
    if left < SCARCE_BYTES:
        return note("disk", f"{text}, little for sample models and long jobs")
    return fine("disk", text)


def examine_places(root: Path) -> Iterator[Finding]:
    """The folder of the jobs' files and the samples' cache."""
    yield examine_folder("files", root, "choose another with --files")
    yield examine_disk(root)
    yield examine_folder("samples", cache_folder(), "set PEFTSEARCH_CACHE to another one")


def find_existing(folder: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    return next(x for x in (folder, *folder.absolute().parents) if x.exists())
