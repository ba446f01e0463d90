"""The adapter of a trial, wherever it is kept: as a folder of this machine, checked.

Below a URL an adapter is two objects. The record names that of `configuration.json`, which holds
the hash of the other, its tensors; so each hash that is followed stands in what is verified.
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.artefacts_url import is_url
from peftsearch.workers.files.ownership import CONFIGURATION, TENSORS, check_adapter

from .objects import Damaged, Objects
from .places import Place
from .signs_of_life import act_in_words


@contextlib.contextmanager
def adapter_folder(root: Path, trial: Trial) -> Iterator[Path]:
    """The folder of a trial's adapter, which is what its worker saved; one that was fetched goes
    with the block.

    Args:
        root: Folder of the jobs' files.

    Raises:
        ArtefactsAway: Its URL cannot be reached.
        UserError: It is missing, damaged, or another one's; says which and what to do.
    """
    kept = str(trial.adapter)
    if not is_url(kept):
        check_adapter(root / kept, trial)
        yield root / kept
        return
    with tempfile.TemporaryDirectory(prefix="peftsearch-") as name:
        fetch_adapter(kept, trial, Path(name))
        check_adapter(Path(name), trial, kept)
        yield Path(name)


def fetch_adapter(url: str, trial: Trial, folder: Path) -> None:
    """Copy both objects of a trial's adapter, each verified by its hash.

    Args:
        url: Of the object of its configuration.

    Raises:
        ArtefactsAway: It cannot be reached.
        UserError: One is missing or damaged.
    """
    place, _, sha256 = url.rpartition("/")
    objects = Objects(Place(place))
    _fetch(objects, sha256, folder / CONFIGURATION, trial)
    told = json.loads((folder / CONFIGURATION).read_bytes())
    _fetch(objects, str(told["sha256"]), folder / TENSORS, trial)


def _fetch(objects: Objects, sha256: str, target: Path, trial: Trial) -> None:
    """Says that it waits where it takes long."""
    expected, url = f"the adapter of trial {trial.number}", f"{objects.place.url}/{sha256}"
    hint = f"restore {url} from a backup, or export another trial"
    try:
        act_in_words(lambda: objects.fetch(sha256, target), objects.place.url)
    except FileNotFoundError as error:
        deleted = "see `peftsearch jobs` for whether the job was deleted, or "
        raise UserError(expected, f"no object of its {target.name}", deleted + hint) from error
    except Damaged as error:
        got = f"an object of its {target.name} with SHA-256 {error.args[0][:12]}"
        told = f"{expected}, with SHA-256 {sha256[:12]}"
        raise UserError(told, got, f"it was damaged or replaced: {hint}") from error
