"""Routes: who lives, on what, doing what."""

import time
from collections.abc import Iterable, Mapping, Sequence

from fastapi import APIRouter
from typing_extensions import TypedDict

from peftsearch.jobs.liveness import is_live
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.results.wording import describe
from peftsearch.service.context import InService
from peftsearch.service.problems import problems
from peftsearch.service.work.pool_status import PoolStatus, pool_beside
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.storage.store import Store

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
    """One worker process, of this machine or another."""

    name: str
    job: str
    host: str
    pid: int
    device: str
    seconds_silent: float
    live: bool
    trial: HeldTrial | None


class WorkerList(TypedDict):
    """Workers by name, and the pools of this service."""

    workers: list[WorkerStatus]
    pools: list[PoolStatus]


@router.get("/workers")
def list_workers(service: InService) -> WorkerList:
    """The workers of all jobs that were heard of, and the pools of this service."""
    with service.stores.borrow() as store:
        workers, counts = store.all_workers(), store.all_counts()
        wanted = {worker.job_id for worker in workers}
        shown: list[WorkerStatus] = []
        jobs = store.jobs()
        for job in jobs:
            if job.id in wanted:
                busy = counts.get(job.id, {}).get(TrialState.RUNNING, 0) > 0
                shown += _show(job, workers, _open_trials(store, job) if busy else [])
    return {"workers": shown, "pools": _show_pools(jobs, service.supervisor.pools())}


@router.get("/jobs/{job}/workers", responses=problems(404))
def list_workers_of_job(service: InService, job: JobName) -> WorkerList:
    """The workers of one job, and its pool."""
    with service.stores.borrow() as store:
        found = store.find_job(job)
        shown = _show(found, store.workers(found.id), _open_trials(store, found))
    pool = service.supervisor.pool(job)
    return {"workers": shown, "pools": _show_pools([found], {job: pool} if pool else {})}


def _show_pools(jobs: Iterable[Job], pools: Mapping[str, PoolStatus]) -> list[PoolStatus]:
    """The workers of a job that was deleted leave as those of one that was stopped."""
    states = {job.name: job.state for job in jobs}
    return [pool_beside(states.get(name), pool) for name, pool in pools.items()]


def _open_trials(store: Store, job: Job) -> Sequence[Trial]:
    """None of a job that cannot be read here, whose trials may hold what cannot be read either."""
    return store.open_trials(job.id) if job.problem is None else []


def _show(job: Job, workers: Iterable[Worker], trials: Iterable[Trial]) -> list[WorkerStatus]:
    held = {trial.worker: trial for trial in trials if trial.state is TrialState.RUNNING}
    mine = (worker for worker in workers if worker.job_id == job.id)
    return [_status(x, job, held.get(x.name)) for x in mine]


def _status(worker: Worker, job: Job, trial: Trial | None) -> WorkerStatus:
    return {
        "name": worker.name,
        "job": job.name,
        "host": worker.host,
        "pid": worker.pid,
        "device": worker.device,
        "seconds_silent": worker.seconds_silent,
        "live": is_live(worker),
        "trial": None if trial is None else _held(worker, trial, job.spec.anatomy),
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
