"""A place below a URL, whatever holds it: opened, written whole or not at all, read, emptied."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from peftsearch.durable import make_folder, replacing
from peftsearch.errors import UserError

PACKAGES: Mapping[str, str] = {"s3": "s3fs", "gs": "gcsfs"}
"""What opens a scheme. No extras of ours: each release asks for one release of `fsspec`, and
`s3fs` for an older dateutil than ours, of which it uses what ours has too."""
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 10, "retries": {"max_attempts": 2}}}
}
"""Where nobody configured `fsspec`: a server that is away is told of in seconds, not minutes."""


class ArtefactsAway(UserError):
    """A place cannot be reached, or refuses.

    Attributes:
        reason: What its package raised.
        passing: Whether it may be there again by itself.
    """

    def __init__(self, url: str, reason: BaseException) -> None:
        told = f"{type(reason).__name__}: {reason}"
        hint = "see that it is there and may be read and written; `peftsearch doctor` tries it"
        super().__init__(f"the artefact store {url}", told, hint, "artefacts")
        self.reason = reason
        lasting = isinstance(reason, PermissionError | FileNotFoundError)
        self.passing = not (lasting or url.startswith("file://"))


@dataclass(frozen=True)
class Place:
    """All that lies below a URL.

    Attributes:
        url: Without a slash at its end, and without secrets.
    """

    url: str

    def under(self, name: str) -> "Place":
        """A place within it, of whose name no part is empty."""
        return Place(f"{self.url}/{name}")

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        import fsspec

        scheme = self.url.partition("://")[0]
        known = fsspec.config.conf.get(scheme, {})
        options = {x: y for x, y in _OPTIONS.get(scheme, {}).items() if x not in known}
        try:
            system, path = fsspec.url_to_fs(self.url, use_listings_cache=False, **options)
            return system, str(path)
        except ImportError as error:
            package = PACKAGES.get(scheme)
            hint = f"pip install {package}" if package else str(error)
            expected = f"the package that reads {scheme}://"
            raise UserError(expected, "none installed", hint, "artefacts") from error
        except ValueError as error:
            expected, hint = "a URL that fsspec knows", "use s3://, gs:// or a folder"
            raise UserError(expected, repr(self.url), hint, "artefacts") from error

    @property
    def folder(self) -> Path | None:
        """Where it is one of this machine; else None."""
        system, path = self._opened
        return Path(path) if "file" in system.protocol else None

    def put(self, source: Path) -> None:
        """Write the file of this URL: it is seen whole, or as it was before.

        Raises:
            ArtefactsAway: It could not be written, or is there with another size.
            OSError: The source cannot be read.
        """
        sent = source.stat().st_size
        with self._telling():
            if (path := self.folder) is None:
                self._opened[0].put_file(str(source), self._opened[1])
                if (kept := self._kept()) != sent:
                    raise OSError(f"it keeps {kept} of the {sent} bytes that it was sent")
            else:
                _copy(source, path)

    def _kept(self) -> int:
        """How many bytes are there. A place that took a file and has none is no place that is
        missing: it may do better the next time."""
        try:
            return int(self._opened[0].size(self._opened[1]))
        except FileNotFoundError:
            return 0

    def fetch(self, target: Path) -> None:
        """Copy the file of this URL to one of this machine.

        Raises:
            FileNotFoundError: There is none.
            ArtefactsAway: It cannot be reached.
        """
        with self._telling(absent=True):
            self._opened[0].get_file(self._opened[1], str(target))

    def names(self) -> list[str]:
        """Of all files at or below it, relative to it; none where there is nothing.

        Raises:
            ArtefactsAway: It cannot be reached.
        """
        with self._telling():
            system, path = self._opened
            if not system.exists(path):
                return []
            start = path.rstrip("/") + "/"
            return sorted(x.removeprefix(start) for x in system.find(path) if x.startswith(start))

    def remove(self) -> None:
        """Remove the file of this URL, and all below it; what is not there is gone.

        Raises:
            ArtefactsAway: It cannot be reached.
        """
        with self._telling(), contextlib.suppress(FileNotFoundError):
            self._opened[0].rm(self._opened[1], recursive=True)

    @contextlib.contextmanager
    def _telling(self, absent: bool = False) -> Iterator[None]:
        """Each package has errors of its own; what is not there may be the caller's to tell."""
        try:
            yield
        except UserError:
            raise
        except Exception as error:
            if absent and isinstance(error, FileNotFoundError):
                raise
            raise ArtefactsAway(self.url, error) from error


def _copy(source: Path, path: Path) -> None:
    make_folder(path.parent)
    with replacing(path, durable=True) as part:
        shutil.copyfile(source, part)
