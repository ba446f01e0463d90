"""Sentences from film reviews with human ratings, as a table and as instructions.

Hutto and Gilbert, "VADER", ICWSM 2014; licence MIT.
"""

import csv
import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .packages import Package

PACKAGE = Package(
    "vaderSentiment",
    "3.3.2",
    wheel=False,
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    what="10,000 rated sentences of film reviews (2 MB)",
)
TABLE = "snippets.csv"
INSTRUCTIONS = "instructions.csv"
_INNER_ARCHIVE = "additional_resources/hutto_ICWSM_2014.tar.gz"
_RATINGS = "hutto_ICWSM_2014/{source}_GroundTruth.txt"
FILMS = "movieReviewSnippets"
"""Of the rated sets; others are `tweets`, `amazonReviewSnippets` and `nytEditorialSnippets`."""
_NEUTRAL = 0.5
_QUESTION = "Is this film review positive or negative?"


def write_reviews(sdist: Path, folder: Path, source: str = FILMS) -> None:
    """Write `TABLE` with columns text, valence (mean human rating, -4 to 4) and label (positive
    or negative; valences within 0.5 of zero are left out). Nothing is unpacked to the disk."""
    _write(folder / TABLE, ("text", "valence", "label"), _label(read_ratings(sdist, source)))


def write_instructions(table: Path, folder: Path) -> None:
    """Write `INSTRUCTIONS` with columns prompt and response, from the rows of `TABLE`.

    The question comes last, since a prompt that is too long loses its beginning; and with
    "Answer:" before the response, SmolLM2 starts at 3 nats per token instead of 10.
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            (f"Film review: {row['text']}\n{_QUESTION}\nAnswer:", f" {row['label']}")
            for row in csv.DictReader(file)
        ]
    _write(folder / INSTRUCTIONS, ("prompt", "response"), rows)


def read_ratings(sdist: Path, source: str = FILMS) -> dict[str, list[float]]:
    """Mean human ratings by text, in the file's order; a text that occurs twice has two."""
    ratings: dict[str, list[float]] = {}
    for line in _ratings_text(sdist, source).split("\n"):
        if line.strip():
            _, valence, text = line.rstrip("\r").split("\t", 2)
            ratings.setdefault(text.strip(), []).append(float(valence))
    return ratings


def _label(ratings: dict[str, list[float]]) -> Iterator[tuple[str, str, str]]:
    for text, found in ratings.items():
        valence = sum(found) / len(found)
        if abs(valence) >= _NEUTRAL:
            yield text, f"{valence:.4f}", "positive" if valence > 0 else "negative"


def _write(path: Path, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def _ratings_text(sdist: Path, source: str) -> str:
    root = sdist.name.removesuffix(".tar.gz")
    inner = io.BytesIO(_member(tarfile.open(sdist), f"{root}/{_INNER_ARCHIVE}"))
    return _member(tarfile.open(fileobj=inner), _RATINGS.format(source=source)).decode("utf-8")


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    with archive:
        file = archive.extractfile(name)
        assert file is not None, f"{name} is not a file"
        return file.read()
