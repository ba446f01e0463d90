"""The files that a model was loaded from, known again by what they hold. Imports no torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.records.trial import ENCODER, FILES, FILES_BESIDE

from .locations import GENERATION, hash_files, hash_files_beside, join_hashes, read_stamps

KEYS = {"model": "model.path", ENCODER: "model.encoder"}
"""What of a job file each name of a provenance is about."""
_BACK = "put the files back as they were, or launch a job of another name"


@dataclass(eq=False)
class ModelFiles:
    """Made before the model is loaded, so that nothing is told of files that came later.

    Attributes:
        path: As the job names it.
        folder: Where they are.
    """

    path: str
    folder: Path
    _stamps: Mapping[str, tuple[int, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._stamps = read_stamps(self.folder)

    @cached_property
    def weights(self) -> dict[str, str]:
        """SHA-256 of each weight file by name, computed once.

        Raises:
            UserError: A file was exchanged since the model was loaded, or cannot be read.
        """
        return self._hash(hash_files)

    @cached_property
    def beside(self) -> dict[str, str]:
        """The same of the files that say how they are read."""
        return self._hash(hash_files_beside)

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the weight files (`locations.join_hashes`)."""
        return join_hashes(self.weights)

    def tell(self) -> dict[str, Any]:
        """What a provenance tells of them, as plain data."""
        told = {"path": self.path, "sha256": self.sha256}
        return {**told, FILES: self.weights, FILES_BESIDE: self.beside}

    def _hash(self, hash_all: Callable[[Path], dict[str, str]]) -> dict[str, str]:
        expected = f"files in {self.folder} that stay as they are while they are read"
        try:
            found = hash_all(self.folder)
        except OSError as error:
            raise UserError(
                expected, str(error), "see that they can be read, and give the command again"
            ) from error
        if read_stamps(self.folder) != self._stamps:
            raise UserError(expected, "others by now", "give the command again")
        return found


def check_weights(name: str, known: Mapping[str, Any], now: Mapping[str, Any], whose: str) -> None:
    """Refuse other weights than those that are known.

    Args:
        name: Of the model in provenances, `model` or `ENCODER`.
        known: What was told of it (`ModelFiles.tell`); what is not in there nobody knows.
        now: What is to be told of it as it is now.
        whose: The job that it is known by.

    Raises:
        UserError: They are others.
    """
    trained, found = known.get("sha256"), str(now["sha256"])
    if trained is not None and str(trained) != found:
        expected = f"the {name} that the trials of {whose} had, with weights {str(trained)[:12]}"
        raise UserError(expected, f"weights {found[:12]}", _BACK, KEYS[name])


def check_beside(name: str, known: Mapping[str, Any], now: Mapping[str, Any], whose: str) -> None:
    """Refuse a model whose weights would be read otherwise: equal weights with another tokenizer
    or another configuration answer otherwise.

    Args:
        whose: What was trained with them.

    Raises:
        UserError: A file is another, it is not there, or there was none.
    """
    before, here = known.get(FILES_BESIDE) or {}, now[FILES_BESIDE]
    if not before:
        return
    unasked = {GENERATION} - before.keys()  # older jobs did not look at it
    for file in sorted((before.keys() | here.keys()) - unasked):
        if before.get(file) != here.get(file):
            owner = "" if name == "model" else f" of the {name}"
            expected = f"the {file}{owner} with which {whose} was trained"
            sha256 = f", SHA-256 {before[file][:12]}" if file in before else ": none"
            raise UserError(expected + sha256, _tell(here.get(file)), _BACK, KEYS[name])


def _tell(sha256: str | None) -> str:
    return "no such file" if sha256 is None else f"SHA-256 {sha256[:12]}"
