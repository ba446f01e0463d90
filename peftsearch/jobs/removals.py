"""What a deletion has yet to remove, noted until it is gone: who deletes again goes on with it.

The records go first, since files without records harm nobody. Who is stopped, killed or without an
answer from a store after that would leave files that nothing names any more.
"""

import contextlib
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from peftsearch.durable import make_folder, write_whole
from peftsearch.errors import ANYTHING, UserError
from peftsearch.storage.connection import absolute_url, describe, parse_url
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.collection import remove_all
from peftsearch.workers.files.job_folder import remove_empty

_FOLDER = ".deleted"


@dataclass(frozen=True)
class Removal:
    """The files of a job that is deleted.

    Attributes:
        root: Folder of the jobs' files.
        database: That had the job, for people: others may have the folder in common.
        folders: What goes below the root, relative to it.
        places: URLs below which all goes.
    """

    root: Path
    database: str
    name: str
    uid: str
    folders: Sequence[str]
    places: Sequence[str]

    @property
    def _path(self) -> Path:
        return self.root / _FOLDER / f"{self.uid}.json"

    def note(self) -> None:
        """Keep it, where there is something to remove; a disk that takes nothing does not keep
        anybody from making room."""
        if self.places or any((self.root / x).is_dir() for x in self.folders):
            with contextlib.suppress(OSError):
                make_folder(self._path.parent)
                text = json.dumps({**asdict(self), "root": None}, indent=1)
                write_whole(self._path, text, durable=True)

    def drop(self) -> None:
        """It is done, or was not to be."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._path.parent.rmdir()

    def finish(self) -> None:
        """Remove all of it.

        Raises:
            UserError: Something lies below a URL that cannot be reached; the rest is gone.
        """
        try:
            for folder in self.folders:
                shutil.rmtree(self.root / folder, ignore_errors=True)
            remove_empty(self.root / self.name)
            remove_all(self.places, self.name)
        except (KeyboardInterrupt, SystemExit):
            left = " and ".join([*self.places, *self._standing()])
            told = "its records are deleted; delete it again to remove what is left in"
            logging.getLogger("peftsearch").warning(f"{self.name}: {told} {left}")
            raise
        self.drop()

    def _standing(self) -> list[str]:
        return [str(x) for name in self.folders if (x := self.root / name).is_dir()]


def name_database(store: Store) -> str:
    """A database as removals name it: without a password, in whatever folder a command works."""
    url = store.url
    with contextlib.suppress(UserError):  # one in memory, which nobody opens again
        url = absolute_url(url)
    return describe(parse_url(url))


def find_left(store: Store, name: str, root: Path) -> list[Removal]:
    """What deletions of a job of that name have left, of this database and root."""
    found = [x for x in _read_all(root) if x.name == name and x.database == name_database(store)]
    there = {job.uid for job in store.jobs()} if found else set()
    return [x for x in found if x.uid not in there]


def _read_all(root: Path) -> Iterator[Removal]:
    """What cannot be read is none of ours."""
    for path in sorted((root / _FOLDER).glob("*.json")):
        with contextlib.suppress(*ANYTHING):
            yield Removal(**{**json.loads(path.read_text(encoding="utf-8")), "root": root})
