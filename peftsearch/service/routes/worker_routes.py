"""Routes: who lives, on what, doing what."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from fastapi import APIRouter
from typing_extensions import TypedDict

from peftsearch.errors import NotFoundError
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.results.wording import describe
from peftsearch.service.context import InService, Service
from peftsearch.service.problems import problems
from peftsearch.service.work.doings import tell_doing
from peftsearch.service.work.pool_status import LocalPool, PoolStatus, pool_beside
from peftsearch.service.work.run_records import R
from peftsearch.service.work.runs import Runs
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import is_live

from .path_parameters import JobName

router = APIRouter(tags=["workers"])


class HeldTrial(TypedDict):
    """The trial that a worker trains; `seconds` since its claim, `lease_seconds` left."""

    number: int
    attempt: int
    words: str
    steps_done: int | None
    steps_total: int | None
    seconds: float | None
    lease_seconds: float | None


class WorkerStatus(TypedDict):
    """One worker process, of this machine or another, or a command that works on a job.

    Attributes:
        command: Null of a worker of the search.
        doing: What it does in words; null while it holds a trial, and of a silent one.
    """

    name: str
    job: str
    host: str
    pid: int
    device: str
    seconds_silent: float
    live: bool
    command: str | None
    trial: HeldTrial | None
    doing: str | None


class ProgramStatus(TypedDict):
    """A program that this service runs for a job beside its pool.

    Attributes:
        noun: `confirmation`, `export` or `report`.
        step: What it does or waits for; null where it has not said.
        started: Seconds since the epoch.
    """

    job: str
    noun: str
    step: str | None
    started: float


class WorkerList(TypedDict):
    """Workers by name, and the pools and programs of this service."""

    workers: list[WorkerStatus]
    pools: list[LocalPool]
    programs: list[ProgramStatus]


@router.get("/workers")
def list_workers(service: InService) -> WorkerList:
    """The workers of all jobs that were heard of, and the pools and programs of this service."""
    with service.stores.borrow() as store:
        workers = [*store.all_workers(), *store.all_commands()]
        counts, jobs = store.all_counts(), store.jobs()
        shown: list[WorkerStatus] = []
        for job in jobs:
            if mine := [x for x in workers if x.job_id == job.id]:
                busy = counts.get(job.id, {}).get(TrialState.RUNNING, 0) > 0
                shown += _show(store, job, mine, _open_trials(store, job) if busy else [])
    pools = _show_pools(jobs, service.supervisor.pools(), shown)
    return {"workers": shown, "pools": pools, "programs": _show_programs(service)}


@router.get("/jobs/{job}/workers", responses=problems(404))
def list_workers_of_job(service: InService, job: JobName) -> WorkerList:
    """The workers of one job, its pool, and its programs."""
    with service.stores.borrow() as store:
        found = store.find_job(job)
        shown = _show(store, found, store.all_at_work(found.id), _open_trials(store, found))
    pool = service.supervisor.pool(job)
    pools = _show_pools([found], {job: pool} if pool else {}, shown)
    programs = [x for x in _show_programs(service) if x["job"] == job]
    return {"workers": shown, "pools": pools, "programs": programs}


def _show_programs(service: Service) -> list[ProgramStatus]:
    return [
        *_programs_of(service.confirmer),
        *_programs_of(service.exporter),
        *_programs_of(service.reporter),
    ]


def _programs_of(runs: Runs[R]) -> list[ProgramStatus]:
    return [
        {"job": x.job, "noun": runs.noun, "step": runs.step(x), "started": x.created}
        for x in runs.running
    ]


def _show_pools(
    jobs: Iterable[Job], pools: Mapping[str, PoolStatus], workers: Iterable[WorkerStatus]
) -> list[LocalPool]:
    """The workers of a job that was deleted leave as those of one that was stopped."""
    states = {job.name: job.state for job in jobs}
    heard = Counter(x["job"] for x in workers if x["live"] and x["command"] is None)
    return [pool_beside(states.get(name), pool, heard[name]) for name, pool in pools.items()]


def _open_trials(store: Store, job: Job) -> Sequence[Trial]:
    """None of a job that cannot be read here, whose trials may hold what cannot be read either."""
    return store.open_trials(job.id) if job.problem is None else []


def _show(
    store: Store, job: Job, workers: Sequence[Worker], trials: Iterable[Trial]
) -> list[WorkerStatus]:
    held = {trial.worker: trial for trial in trials if trial.state is TrialState.RUNNING}
    shown = [_status(x, job, held.get(x.name)) for x in workers]
    with contextlib.suppress(NotFoundError):  # it was deleted meanwhile
        signs = store.signs(job.id)
        for worker, status in zip(workers, shown, strict=True):
            if status["live"] and status["trial"] is None:
                status["doing"] = tell_doing(worker, signs)
    return shown


def _status(worker: Worker, job: Job, trial: Trial | None) -> WorkerStatus:
    return {
        "name": worker.name,
        "job": job.name,
        "host": worker.host,
        "pid": worker.pid,
        "device": worker.device,
        "seconds_silent": worker.seconds_silent,
        "live": is_live(worker),
        "command": worker.command,
        "trial": None if trial is None else _held(worker, trial, job.spec.anatomy),
        "doing": None,
    }


def _held(worker: Worker, trial: Trial, anatomy: Anatomy) -> HeldTrial:
    since = None if trial.claimed is None else max(0.0, time.time() - trial.claimed)
    return {
        "number": trial.number,
        "attempt": trial.attempt,
        "words": describe(trial.configuration, anatomy),
        "steps_done": worker.steps_done,
        "steps_total": worker.steps_total,
        "seconds": since,
        "lease_seconds": trial.lease_seconds,
    }
