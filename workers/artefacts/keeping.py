"""What a worker keeps of its trials: adapters below the job's URL, or in the files' folder."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from peftsearch.durable import make_folder
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.workers.files.adapter_files import save_adapter, write_adapter
from peftsearch.workers.files.job_folder import adapter_name
from peftsearch.workers.files.ownership import CONFIGURATION, TENSORS

from .job_places import attempt_objects
from .objects import Objects
from .places import ArtefactsAway
from .signs_of_life import act_beside

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class Keeper:
    """Keeps the adapters of one job.

    Attributes:
        root: Folder of the jobs' files.
        beat: Called while it waits for a URL that is slow or away; may raise to end the wait.
    """

    root: Path
    job: Job
    beat: Callable[[], None]

    @property
    def where(self) -> str:
        """For people."""
        return self.job.spec.artefacts or str(self.root)

    def keep(
        self, trial: Trial, tensors: Mapping[str, torch.Tensor], provenance: Mapping[str, Any]
    ) -> tuple[str, str]:
        """Write the adapter of a trial's attempt; what the record names it by, and the hash of its
        tensors. It is whole where it is kept before this returns.

        Raises:
            ArtefactsAway: The URL was away for long, or refuses.
            OSError: The folder cannot be written.
        """
        what = (trial.configuration, tensors, provenance)
        if (url := self.job.spec.artefacts) is None:
            name = adapter_name(self.job, trial)
            return name, save_adapter(self.root / name, *what)
        own = self.root / adapter_name(self.job, trial)
        make_folder(own.parent)
        # By its attempt: of a worker that is killed here it is swept as what it began elsewhere.
        with tempfile.TemporaryDirectory(dir=own.parent, prefix=f".{own.name}-") as folder:
            sha256 = write_adapter(Path(folder), *what)
            return self._put(attempt_objects(url, self.job, trial), Path(folder)), sha256

    def _put(self, objects: Objects, folder: Path) -> str:
        """The tensors first, since the other object names them."""
        self._put_patiently(objects, folder / TENSORS)
        name = self._put_patiently(objects, folder / CONFIGURATION)
        return objects.place.under(name).url

    def _put_patiently(self, objects: Objects, source: Path) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return act_beside(lambda: objects.put(source), objects.place.url, self.beat)
            except ArtefactsAway as error:
                if not error.passing or time.monotonic() > deadline:
                    raise
            self.beat()
            time.sleep(PAUSE_SECONDS)
