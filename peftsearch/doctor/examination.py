"""The whole examination, the quick parts first."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.workers.files.job_folder import files_root

from .accelerators import examine_torch
from .artefacts import examine_artefacts
from .databases import examine_database, examine_driver
from .finding import Finding
from .job_inputs import examine_jobs
from .places import examine_places
from .plug_ins import examine_plug_ins
from .versions import examine_packages, read_constraints


def examine(storage: str, files: Path | None, artefacts: str | None = None) -> Iterator[Finding]:
    """All findings, each as soon as it is there.

    Args:
        storage: A SQLAlchemy URL.
        files: Folder of the jobs' files; by default where the storage has it.
        artefacts: A place for adapters that is tried beside those of the jobs.
    """
    yield from examine_packages(read_constraints())
    yield examine_database(storage)
    yield examine_driver()
    with contextlib.suppress(UserError):  # a wrong URL: the database's finding says so
        root = files.resolve() if files else files_root(storage)
        yield from examine_places(root)
        yield from examine_artefacts(storage, root, artefacts)
    yield from examine_jobs(storage)
    yield from examine_plug_ins()
    yield examine_torch()
