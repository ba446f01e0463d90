"""Files by the hash of their content: written once, verified whenever they are read."""

from dataclasses import dataclass
from pathlib import Path

from peftsearch.workers.runtime.file_hashes import hash_file

from .places import Place


class Damaged(Exception):
    """An object is not what its name says. `args[0]` is the hash of what came."""


@dataclass(frozen=True)
class Objects:
    """The objects of an attempt, each named by the SHA-256 of its content, as `sha256sum` has it.

    Nothing is ever changed: two that write the same name write the same content.
    """

    place: Place

    def put(self, source: Path) -> str:
        """Keep a file; its hash.

        Raises:
            ArtefactsAway: It could not be written.
            OSError: The source cannot be read.
        """
        sha256 = hash_file(source)
        self.place.under(sha256).put(source)
        return sha256

    def fetch(self, sha256: str, target: Path) -> None:
        """Copy the object of that hash.

        Raises:
            ArtefactsAway: It cannot be reached.
            Damaged: Its content has another hash; nothing is left of it.
            FileNotFoundError: There is none.
        """
        self.place.under(sha256).fetch(target)
        if (found := hash_file(target)) != sha256:
            target.unlink()
            raise Damaged(found)
