"""The newest rung of a trial, where workers of other machines find it.

No training needs it: what cannot be reached is not there.
"""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import rung_name, rung_path
from peftsearch.workers.files.rung_files import RungFile, find_open, sweep_rungs

from .job_places import rungs_place
from .places import ArtefactsAway, Place
from .signs_of_life import act_beside, ask_aside


@dataclass(frozen=True)
class Rung:
    """One trial's; a `Keeper` of `workers.training`.

    Attributes:
        file: Of this machine.
        place: Of all machines; None where the job has no URL.
        beat: Called while it waits for a URL that is slow; may raise to end the wait.
    """

    file: RungFile
    place: Place | None
    beat: Callable[[], None]

    @classmethod
    def of(cls, root: Path, job: Job, trial: Trial, beat: Callable[[], None]) -> "Rung":
        """That of a trial, whatever the attempt."""
        url = job.spec.artefacts
        place = None if url is None else rungs_place(url, job).under(rung_name(trial))
        return cls(RungFile(rung_path(root, job, trial)), place, beat)

    def load(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
        """What any machine saved last, or else this one; None where nothing is whole."""
        return self._load_shared() or self.file.load()

    def save(self, told: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        """Replace what was saved before, here and there, as far as either takes it."""
        self.file.save(told, tensors)
        if (place := self.place) is not None:
            with contextlib.suppress(ArtefactsAway, OSError):
                act_beside(lambda: place.put(self.file.path), place.url, self.beat)

    def remove(self) -> None:
        """Remove it everywhere."""
        self.file.remove()
        if self.place is not None:
            with contextlib.suppress(ArtefactsAway):
                ask_aside(self.place.remove, self.place.url, self.beat)

    def _load_shared(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
        if (place := self.place) is None:
            return None
        with tempfile.TemporaryDirectory(prefix="peftsearch-") as folder:
            copy = RungFile(Path(folder) / self.file.path.name)
            with contextlib.suppress(ArtefactsAway, OSError):
                act_beside(lambda: place.fetch(copy.path), place.url, self.beat)
            return copy.load()


def sweep_all_rungs(root: Path, store: Store, job: Job) -> None:
    """Remove the rungs that no trial will go on from, of this machine and below the job's URL.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    sweep_rungs(root, store, job)
    if (url := job.spec.artefacts) is None:
        return
    place = rungs_place(url, job)
    with contextlib.suppress(ArtefactsAway):
        # Looked for first: a trial may begin meanwhile.
        if found := ask_aside(place.names, place.url):
            awaited = {rung_name(trial) for trial in find_open(store, job)}
            for name in set(found) - awaited:
                ask_aside(place.under(name).remove, place.url)
