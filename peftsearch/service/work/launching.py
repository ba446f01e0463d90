"""Launching, stopping, resuming and deleting jobs, in the database and in local pools."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from peftsearch.errors import Conflict, NotFoundError, UserError
from peftsearch.jobs.launch import check_folder
from peftsearch.jobs.removal import check_removable, remove_job
from peftsearch.records.job import Job, JobState
from peftsearch.service.context import Service
from peftsearch.service.summaries import NOTES
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.storage.store import Store

Workers = Annotated[
    int, Field(ge=0, le=64, strict=True, description="local processes; 0 starts none")
]
Device = Annotated[
    str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d{1,3})?)$", description="auto, cpu or cuda:N")
]
Spec = Annotated[dict[str, Any], Field(description="a job spec, as `GET /schema` describes it")]


class Body(BaseModel):
    """What is sent; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(Body):
    """A spec, and whether to look at its model and data too."""

    spec: Spec
    full: bool = False


class Launch(Body):
    """A spec, and the local workers to start with."""

    spec: Spec
    workers: Workers = 1
    device: Device = "auto"


class Resume(Body):
    """The local workers to start, and a budget in place of the old one."""

    workers: Workers = 1
    device: Device = "auto"
    budget: BudgetSpec | None = None


def launch(service: Service, body: Launch) -> str:
    """Make a job and start its pool; the job's name.

    Raises:
        Conflict: The name is taken.
        UserError: The spec is wrong.
    """
    service.checker.check_quickly(body.spec)
    name = str(body.spec["name"])
    with service.stores.borrow() as store:
        if _find(store, name) is not None:
            raise _name_taken(name)
    if body.workers:
        check_folder(service.settings.root)
    found = service.checker.check(body.spec)
    with service.stores.borrow() as store:
        job = _create(store, found.spec)
        if found.notes:
            store.save_report(job.id, NOTES, {"notes": found.notes})
    if body.workers:
        service.supervisor.start(name, body.workers, body.device)
    return name


def stop(service: Service, name: str) -> None:
    """End a job; one that has ended stays as it is.

    Raises:
        NotFoundError: There is no such job.
    """
    with service.stores.borrow() as store:
        job = store.find_job(name)
        if job.state is JobState.RUNNING:
            store.set_state(job.id, JobState.STOPPED)
    service.supervisor.announce_stop(name)


def resume(service: Service, name: str, body: Resume) -> None:
    """Let a job run, and start its pool.

    Raises:
        Conflict: It has a pool, or its budget is spent.
        NotFoundError: There is no such job.
    """
    if body.workers:
        check_folder(service.settings.root)
    with service.stores.borrow() as store:
        job = store.find_job(name)
        service.supervisor.check_free(name)
        if body.budget is not None:
            _change_budget(store, job, body.budget)
        elif job.state is JobState.FINISHED:
            got = f"job {name!r}, which is finished"
            raise Conflict("a job with budget left", got, "send a larger budget with it")
        elif job.state is JobState.STOPPED:
            store.set_state(job.id, JobState.RUNNING)
    if body.workers:
        service.supervisor.start(name, body.workers, body.device)


def delete(service: Service, name: str) -> None:
    """Remove a job for good.

    Raises:
        Conflict: It runs or somebody works on it.
        NotFoundError: There is no such job.
    """
    with service.stores.borrow() as store:
        job = store.find_job(name)
        if job.state is JobState.RUNNING:
            got = f"job {name!r}, which is running"
            raise Conflict("a job that has ended", got, "stop it before")
        service.supervisor.check_free(name)
        check_removable(store, job)
        service.exporter.forget(name)
        remove_job(store, job, service.settings.root)
    service.supervisor.forget(name)


def _find(store: Store, name: str) -> Job | None:
    try:
        return store.find_job(name)
    except NotFoundError:
        return None


def _create(store: Store, spec: JobSpec) -> Job:
    try:
        return store.create_job(spec)
    except UserError as error:  # another caller was faster
        raise _name_taken(spec.name) from error


def _name_taken(name: str) -> Conflict:
    expected, hint = "a job name that is not taken", "choose another name, or resume that job"
    return Conflict(expected, repr(name), hint, "name")


def _change_budget(store: Store, job: Job, budget: BudgetSpec) -> None:
    """Replace the budget by one that lets the job go on.

    Raises:
        Conflict: As much is used already.
    """
    trials, hours = sum(store.counts(job.id).values()), store.used_hours(job.id)
    if budget.trials is not None and budget.trials <= trials:
        got, where = f"{budget.trials}", "budget.trials"
        raise Conflict(
            f"a budget of more than the {trials} trials there are", got, "raise it", where
        )
    if budget.hours is not None and budget.hours <= hours:
        got, where = f"{budget.hours:g}", "budget.hours"
        raise Conflict(f"a budget of more than the {hours:.3g} hours used", got, "raise it", where)
    store.change_budget(job.id, job.spec.model_copy(update={"budget": budget}))
