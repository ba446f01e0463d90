"""The command that lists jobs, and what the list tells of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.liveness import count_live, tell_state, waits
from peftsearch.records.job import Job
from peftsearch.records.trial import TrialState
from peftsearch.results import views
from peftsearch.spaces.jobspec.stored import plain_spec

from .console import console, print_json, print_whole, storage_option

_COLUMNS = ("job", "state", "workers", "trials", "running", "failed", "budget", "quality")


def list_jobs(storage: str, as_json: bool) -> None:
    """All jobs of a storage."""
    with open_existing(storage) as store:
        found = store.jobs()
        counts = {job.id: store.counts(job.id) for job in found}
        live = count_live(store.all_workers())
    if as_json:
        print_json([job_json(job, counts[job.id], live) for job in found])
    else:
        print_whole(_jobs_table(found, counts, live))
        waiting = [x.name for x in found if waits(x.state, live.get(x.id, 0)) and not x.problem]
        told = [tell_waiting(name, storage) for name in waiting]
        for line in (*filter(None, (job.problem for job in found)), *told):
            console.print(line, highlight=False, soft_wrap=True)


def _jobs_table(
    jobs: Sequence[Job], counts: Mapping[int, Mapping[TrialState, int]], live: Mapping[int, int]
) -> Table:
    """All jobs of a storage; what a spec says is left out where it cannot be read here.

    Args:
        live: Live workers by job id: a job that runs without one waits to be taken up.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)  # for 80 columns
    rows = [_cells(job, counts[job.id], live.get(job.id, 0)) for job in jobs]
    for name, *cells in zip(_COLUMNS, *rows, strict=True):
        words = (word for cell in (name, *cells) for word in cell.split())
        table.add_column(name, no_wrap=name == "job", min_width=max(map(len, words)))
    for row in rows:
        table.add_row(*row)
    return table


def _cells(job: Job, states: Mapping[TrialState, int], live: int) -> Sequence[str]:
    told = ("?", "?") if job.problem else (views.budget_text(job.spec), job.spec.task.quality)
    ended = (states[x] for x in (TrialState.COMPLETED, TrialState.RUNNING, TrialState.FAILED))
    return (job.name, tell_state(job.state, live), str(live), *map(str, ended), *told)


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
