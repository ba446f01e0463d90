"""The command that tells trackers of a job, whoever works on it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from peftsearch.errors import PeftsearchError
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.tracking import tracked
from peftsearch.spaces.jobspec.tracker_names import check_installed, check_names
from peftsearch.workers.files.job_folder import choose_root

from .console import console, print_json

_PATIENCE_SECONDS = 3600.0


def track(name: str, to: Sequence[str], storage: str, files: Path | None, as_json: bool) -> None:
    """Tell trackers of a job as it stands.

    Raises:
        NotFoundError: There is no such job.
        PeftsearchError: A tracker was not told all.
        UserError: There is no such tracker, or it is not installed.
    """
    trackers = check_names(to)
    check_installed(trackers)
    root, lines = choose_root(storage, files), list[str]()

    def say(line: str) -> None:
        lines.append(line)
        print(line, file=sys.stderr) if as_json else console.print(
            line, highlight=False, soft_wrap=True
        )

    with open_existing(storage) as store:
        job = store.find_job(name)
        _ = job.spec
        with tracked(job, storage, root, trackers, say, _PATIENCE_SECONDS) as untold:
            pass
    if untold:
        raise PeftsearchError(f"job {name} was not told whole to {', '.join(untold)}")
    if as_json:
        print_json({"job": name, "trackers": list(trackers), "lines": lines})
