"""The command that lists jobs, and what the list tells of each."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from peftsearch.errors import UserError
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.passwords import hide
from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.results import views
from peftsearch.spaces.jobspec.stored import plain_spec
from peftsearch.storage.connection import is_there, parse_url
from peftsearch.storage.store import Store
from peftsearch.workers.processes.companions import find_parents
from peftsearch.workers.processes.liveness import count_live, tell_state, waits

from .console import console, print_json, print_whole, storage_option

_COLUMNS = ("job", "state", "workers", "trials", "running", "failed", "budget", "quality")

Parent = Mapping[str, Any] | None
"""Name and uid of the job that a job stands beside; None of one that searched."""


def list_jobs(storage: str, as_json: bool, searches: bool = False) -> None:
    """All jobs of a storage, those that stand beside another below it.

    Args:
        searches: Whether these are left out.
    """
    if not is_there(storage):
        _tell_none(storage, as_json)
        return
    with open_existing(storage) as store:
        found = store.jobs()
        beside = find_parents(store)
        parents = {job.id: beside.get(job.id) for job in found}
        found = [x for x in group_beside(found, parents) if not (searches and parents[x.id])]
        counts = store.all_counts()
        live = count_live(store.all_workers())
        states = {x.id: _tell_state(store, x, counts[x.id], live.get(x.id, 0)) for x in found}
    if not found:
        _tell_none(storage, as_json)
    elif as_json:
        print_json([job_json(x, counts[x.id], live) | _parent_of(parents[x.id]) for x in found])
    else:
        names = {x.id: _tell_name(x, parents[x.id], found) for x in found}
        print_whole(_jobs_table(found, states, counts, live, names))
        waiting = [x.name for x in found if waits(x.state, live.get(x.id, 0)) and not x.problem]
        told = [tell_waiting(name, storage) for name in waiting]
        for line in (*filter(None, (job.problem for job in found)), *told):
            console.print(line, highlight=False, soft_wrap=True)


def _tell_none(storage: str, as_json: bool) -> None:
    """That nothing was launched yet is no mistake of who asks."""
    if as_json:
        print_json([])
        return
    where = parse_url(storage).database if storage.startswith("sqlite") else hide(storage)
    line = f"no jobs yet in {where}; `peftsearch init` writes a job file, `peftsearch run` begins"
    console.print(line, highlight=False, soft_wrap=True)


def _jobs_table(
    jobs: Sequence[Job],
    states: Mapping[int, str],
    counts: Mapping[int, Mapping[TrialState, int]],
    live: Mapping[int, int],
    names: Mapping[int, str],
) -> Table:
    """All jobs of a storage; what a spec says is left out where it cannot be read here.

    Args:
        states: In words, by job id, as all that follows.
        live: How many workers live.
        names: What each is called, by job id.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)  # for 80 columns
    rows = [(names[x.id], states[x.id], *_cells(x, counts[x.id], live.get(x.id, 0))) for x in jobs]
    for name, *cells in zip(_COLUMNS, *rows, strict=True):
        whole = name == "job"  # people copy it
        parts = (part for cell in (name, *cells) for part in ([cell] if whole else cell.split()))
        table.add_column(name, no_wrap=whole, min_width=max(map(len, parts)))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _cells(job: Job, states: Mapping[TrialState, int], live: int) -> Sequence[str]:
    told = ("?", "?") if job.problem else (views.budget_text(job.spec), job.spec.task.quality)
    ended = (states[x] for x in (TrialState.COMPLETED, TrialState.RUNNING, TrialState.FAILED))
    return (str(live), *map(str, ended), *told)


def _tell_state(store: Store, job: Job, counts: Mapping[TrialState, int], live: int) -> str:
    waiting = waits(job.state, live) and not job.problem
    return tell_state(job.state, live, waiting and _is_spent(store, job, counts))


def _is_spent(store: Store, job: Job, counts: Mapping[TrialState, int]) -> bool:
    """Used hours that somebody damaged are told by `show`, and take no other job away."""
    budget, hours = job.spec.budget, 0.0
    with contextlib.suppress(UserError):
        hours = 0.0 if budget.hours is None else store.used_hours(job.id)
    return budget.is_spent(counts[TrialState.COMPLETED] + counts[TrialState.FAILED], hours)


def group_beside(jobs: Sequence[Job], parents: Mapping[int, Parent]) -> list[Job]:
    """Each job with those that stand beside it right after it; where it is gone they stay.

    Args:
        parents: Of each, by its id.
    """
    uids = {x.uid for x in jobs}
    beside: dict[str, list[Job]] = {}
    for job in jobs:
        parent = parents[job.id]
        if parent is not None and parent["uid"] in uids:
            beside.setdefault(parent["uid"], []).append(job)
    below = {x.id for found in beside.values() for x in found}
    heads = (x for x in jobs if x.id not in below)
    return [y for x in heads for y in (x, *beside.get(x.uid, ()))]


def _tell_name(job: Job, parent: Parent, jobs: Sequence[Job]) -> str:
    """`└─tickets.baselines` below its job; one whose job is gone says whose it was."""
    if parent is None:
        return job.name
    listed = parent["uid"] in {x.uid for x in jobs}
    return f"└─{job.name}" if listed else f"{job.name} (beside {parent['name']})"


def _parent_of(parent: Parent) -> dict[str, str | None]:
    return {"parent": None if parent is None else parent["name"]}


def tell_waiting(name: str, storage: str) -> str:
    """Of a job that runs, on which nobody works."""
    return f"nobody works on {name}: `peftsearch resume {name}{storage_option(storage)}` goes on"


def job_json(
    job: Job, counts: Mapping[TrialState, int], live: Mapping[int, int]
) -> dict[str, Any]:
    """A job as plain data."""
    return {
        "name": job.name,
        "uid": job.uid,
        "state": job.state.value,
        "event": job.event,
        "live_workers": live.get(job.id, 0),
        "trials": {state.value: number for state, number in counts.items()},
        "spec": plain_spec(job.document) if job.problem else job.spec.to_json(),
        "problem": job.problem,
    }
