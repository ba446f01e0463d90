"""What is saved of a damaged database, for people."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.message_text import plural
from peftsearch.storage.connection import file_url
from peftsearch.storage.salvage.mending import Mended
from peftsearch.storage.salvage.rebuilding import Salvage, salvage
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import choose_root, trials_folder

from .finding import Finding, fine, note

_OF_A_JOB = re.compile(r".{1,222}-[0-9a-f]{32}")


@dataclass(frozen=True)
class Rescue:
    """What came of it.

    Attributes:
        files: Folder of the adapters of the damaged database.
        adapters: Below it, those that no saved record names.
    """

    source: Path
    target: Path
    files: Path
    saved: Salvage
    adapters: list[str]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "out": str(self.target),
            "files": str(self.files),
            "whole": self.saved.whole,
            "saved": self.saved.saved,
            "refused": self.saved.refused,
            "unread": self.saved.unread,
            "jobs": [{"name": x.job, "lost": x.lost, "again": x.again} for x in self.saved.jobs],
            "adapters": self.adapters,
        }


def rescue(source: Path, target: Path, files: Path | None) -> Rescue:
    """Save what can be read of a database, and look for adapters whose records are lost.

    Args:
        files: Folder of the jobs' files; by default where the damaged database has it.

    Raises:
        UserError: The database cannot be read or holds nothing, or `target` cannot be written.
    """
    root = choose_root(file_url(str(source)), files)
    saved = salvage(source, target)
    return Rescue(source, target, root, saved, find_unrecorded(target, root))


def find_unrecorded(database: Path, root: Path) -> list[str]:
    """Adapters below a folder that no record of a database names, and folders of jobs that it does
    not know."""
    with Store.open(file_url(str(database))) as store:
        jobs = store.jobs()
        known = {x.adapter for job in jobs for x in store.trials(job.id)}
        folders = [trials_folder(root, job) for job in jobs]
    below = (x for folder in folders for x in folder.glob("[0-9]*-[0-9]*"))
    adapters = (str(x.relative_to(root)) for x in below)
    own = {x.parent.name for x in folders}
    others = (x.name for x in root.glob("*") if _OF_A_JOB.fullmatch(x.name))
    return sorted([x for x in adapters if x not in known] + [x for x in others if x not in own])


def describe_rescue(found: Rescue) -> Iterator[Finding]:
    """A line about each thing."""
    counts = (f"{count:,} {name}" for name, count in found.saved.saved.items() if count)
    yield fine("saved", f"{', '.join(counts) or 'no row'} in {found.target}")
    if found.saved.whole:
        yield fine("damage", "none was found: all rows were read")
    else:
        yield note("damage", _tell_damage(found.saved))
    for job in found.saved.jobs:
        if job.lost or job.again:
            yield note("job", _tell_job(job))
    if found.adapters:
        shown = ", ".join(found.adapters[:5]) + ", ..." * (len(found.adapters) > 5)
        told = f"{plural(len(found.adapters), 'folder')} without a record in {found.files}"
        yield note("adapters", f"{told}: {shown}")
    hint = f"with --files {found.files}, or put it in the place of {found.source}"
    yield fine("next", f"use {found.target} {hint}")


def _tell_damage(saved: Salvage) -> str:
    unread = f"{saved.unread:,} pages or rows unreadable"
    refused = f"{plural(saved.refused, 'row')} damaged, or of a job or trial that is lost"
    return f"{unread}; {refused}"


def _tell_job(job: Mended) -> str:
    lost = f"at least {plural(job.lost, 'trial')} lost" if job.lost else ""
    scores = f"{plural(len(job.again), 'trial')} without scores, queued again: resume it"
    return f"{job.job}: {'; '.join(x for x in (lost, scores if job.again else '') if x)}"
