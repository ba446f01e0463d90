"""What the writes of jobs ask for, and do: the job's life in the database, and its local pool."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peftsearch.jobs import life
from peftsearch.records.job import Job, JobState
from peftsearch.service.context import Service
from peftsearch.service.summaries import NOTES
from peftsearch.service.work.checker import Complete
from peftsearch.service.work.removing import finish_removals
from peftsearch.spaces.jobspec.mistakes import refuse_key
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.workers.processes.kept_places import check_trainable

from .job_checks import check_machine, check_name

Workers = Annotated[int, Field(ge=0, le=64, description="local processes; 0 starts none")]
Device = Annotated[
    str,
    Field(
        pattern=r"^(auto|cpu|mps|cuda(:\d{1,3})?)$", description="auto, cpu, cuda, cuda:N or mps"
    ),
]
Spec = Annotated[dict[str, Any], Field(description="a job spec, as `GET /schema` describes it")]


class Body(BaseModel):
    """What is sent; unknown keys are refused, and so is a number where a switch is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, data: Any) -> Any:
        for key in data if isinstance(data, Mapping) else ():
            if key not in cls.model_fields:
                raise refuse_key(key, cls, key)
        return data


class Check(Body):
    """A spec, and whether to look at its model and data too, and at what its workers need here."""

    spec: Spec
    full: bool = False
    workers: Workers = 0
    device: Device = "auto"


class Forecast(Body):
    """A spec, and the local workers that it would have."""

    spec: Spec
    workers: Workers = 1


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
        Conflict: The name is taken, or the pool of a job that had it has not left yet.
        UserError: The spec is wrong, or the machine has no such device.
    """
    service.checker.check_quickly(body.spec)
    check_name(service, body.spec["name"])
    check_machine(service, body.workers, body.device)
    found = service.checker.check(body.spec)
    with service.supervisor.place(found.spec.name) as begin:
        job = _create(service, found)
        if body.workers:
            begin(job.uid, body.workers, body.device)
    return found.spec.name


def _create(service: Service, found: Complete) -> Job:
    spec = found.spec
    if spec.artefacts is None:
        spec = spec.storing_in(service.settings.artefacts)
    with service.stores.borrow() as store:
        job = life.create(store, spec)
        if found.notes:
            store.save_report(job.id, NOTES, {"notes": found.notes})
    return job


def stop(service: Service, name: str) -> None:
    """End a job; one that has ended stays as it is.

    Raises:
        NotFoundError: There is no such job.
    """
    with service.stores.borrow() as store:
        life.stop(store, name)


def resume(service: Service, name: str, body: Resume) -> None:
    """Let a job run, and start its pool; without workers, the pool of one that runs goes on.

    Raises:
        Conflict: It has a pool and is to get one, or its pool does not leave in time; it is
            finished and no budget came, or the budget is used up.
        NotFoundError: There is no such job.
        UserError: The machine has no such device, a function trains its trials, or its model or
            its data is gone.
    """
    check_machine(service, body.workers, body.device)
    if body.workers:
        _check_trainable(service, name)
    if _state(service, name) is JobState.RUNNING and not body.workers:
        _resume(service, name, body.budget)
        return
    with service.supervisor.place(name) as begin:
        job = _resume(service, name, body.budget)
        if body.workers:
            begin(job.uid, body.workers, body.device)


def _check_trainable(service: Service, name: str) -> None:
    """Before the budget is another one."""
    with service.stores.borrow() as store:
        spec = store.find_job(name).spec
    check_trainable(spec)


def _state(service: Service, name: str) -> JobState:
    """A job that is not there has no pool either, and that comes first."""
    with service.stores.borrow() as store:
        return store.pulse(name).state


def _resume(service: Service, name: str, budget: BudgetSpec | None) -> Job:
    with service.stores.borrow() as store:
        return life.resume(store, name, budget)


def delete(service: Service, name: str) -> None:
    """Remove a job for good, with its exports; nobody waits long for a store of artefacts.

    Raises:
        Conflict: It runs or somebody works on it.
        NotFoundError: There is no such job, and nothing is left of one.
        UserError: What lies below a URL cannot be removed now.
    """
    root = service.settings.root
    with service.supervisor.place(name):
        with service.stores.borrow() as store:
            if (found := life.check_deletable(store, name, root)) is not None:
                service.exporter.forget(found)
                service.confirmer.forget(found)
                service.reporter.forget(found)
            left = life.delete_records(store, name, root)
        service.supervisor.forget(name)
    finish_removals(left)
