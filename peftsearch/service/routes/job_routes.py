"""Routes: jobs. What a write asks for, and does, stands in `job_actions`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from typing_extensions import TypedDict

from peftsearch.jobs import life
from peftsearch.jobs.fetches import foresee_fetches
from peftsearch.jobs.written_again import write_again
from peftsearch.service.context import InService
from peftsearch.service.problems import problems
from peftsearch.service.summaries import JobDetail, JobSummary
from peftsearch.spaces.jobspec.spec import parse_spec

from . import job_actions
from .job_actions import Check, Forecast, Launch, Resume
from .job_checks import check_all
from .path_parameters import JobName

router = APIRouter(tags=["jobs"])


class JobList(TypedDict):
    """A page of jobs, newest first; `total` counts all."""

    jobs: list[JobSummary]
    total: int


class ClassRows(TypedDict):
    """A class of the data, and how many rows of it trials see."""

    name: str
    train: int
    validation: int


class DataRows(TypedDict):
    """The data of a spec, as a job would divide it.

    Attributes:
        test_rows: Null where the file that is to hold them is not there.
        held: Where the validation rows are from.
        classes: Empty for kinds without.
    """

    train_rows: int
    validation_rows: int
    test_rows: int | None
    held: str
    folds: int
    classes: list[ClassRows]


class Checked(TypedDict):
    """A spec without mistakes; after a full check with the size of its space and its data.

    Attributes:
        notes: What a person should know; after a quick check what a full one would fetch first.
    """

    ok: Literal[True]
    notes: list[str]
    configurations: int | None
    data: DataRows | None


class WrittenSpec(TypedDict):
    """A job spec, as `POST /jobs` takes it."""

    spec: dict[str, Any]


class ForecastRow(TypedDict):
    """One thing that a job would do or take, in words."""

    name: str
    text: str


class JobForecast(TypedDict):
    """What a job would come to, as `peftsearch run --dry-run` tells it.

    Attributes:
        first: The first configurations in words, of those that no result changes.
        later: What follows them; empty where they are all.
        seconds: The least and the most for the whole budget, with these workers.
        disk_bytes: Of all adapters.
    """

    rows: list[ForecastRow]
    first: list[str]
    later: str
    notes: list[str]
    trials: int
    seconds: list[float]
    disk_bytes: float


@router.post("/check", responses=problems(400, 409, 413, 415, 429))
def check_spec(service: InService, body: Check) -> Checked:
    """Whether a job could be made of a spec; 422 names all that is wrong with it, a name that is
    taken among it.

    A quick check reads no file. A full one reads the model's configuration and the data, and
    fetches samples and hub ids where they are named; with workers it looks for their device.
    """
    found = check_all(service, **body.model_dump())
    if found is None:
        notes = list(foresee_fetches(parse_spec(body.spec)))
        return {"ok": True, "notes": notes, "configurations": None, "data": None}
    with service.stores.borrow() as store:
        notes = [*found.notes, *life.foresee_lessons(store, found.spec).notes]
    return {
        "ok": True,
        "notes": notes,
        "configurations": found.configurations,
        "data": found.data,
    }


@router.post("/forecast", responses=problems(400, 409, 413, 415, 429))
def forecast_job(service: InService, body: Forecast) -> JobForecast:
    """What a job would do, how long it would take and how much disk; trains nothing.

    It loads the model and measures this machine, which takes some seconds.
    """
    found = service.checker.check(body.spec)
    with service.stores.borrow() as store:
        taught = life.foresee_lessons(store, found.spec)
    told: Any = service.checker.forecast(found.spec, max(1, body.workers), taught)
    return told  # type: ignore[no-any-return]


@router.get("/jobs", responses=problems())
def list_jobs(
    service: InService,
    offset: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JobList:
    """A page of the jobs, newest first."""
    with service.stores.borrow() as store:
        jobs = store.jobs()[::-1]
        page = jobs[offset : offset + limit]
        shown = service.summaries.list(store, page, service.supervisor.known_pools())
    return {"jobs": shown, "total": len(jobs)}


@router.post("/jobs", status_code=201, responses=problems(400, 409, 413, 415, 429))
def launch_job(service: InService, body: Launch, response: Response) -> JobDetail:
    """Check a spec, make a job of it, and start a local pool; without workers it only waits."""
    name = job_actions.launch(service, body)
    response.headers["Location"] = f"/api/v1/jobs/{name}"
    return show_job(service, name)


@router.get("/jobs/{job}", responses=problems(404))
def show_job(service: InService, job: JobName) -> JobDetail:
    """All about one job but its trials."""
    history = service.histories.read(service.stores, job)
    with service.stores.borrow() as store:
        return service.summaries.detail(store, history, service.supervisor.known_pools())


@router.get("/jobs/{job}/spec", responses=problems(404))
def show_spec(service: InService, job: JobName) -> WrittenSpec:
    """The job's spec as one would write it to launch another like it: without what the launch
    filled in, samples by their names, files of the data folder by their paths within it."""
    with service.stores.borrow() as store:
        spec = store.find_job(job).spec
    written = write_again(spec, service.checker.folder)
    if spec.artefacts == service.settings.artefacts:
        written.pop("artefacts")
    return {"spec": written}


@router.post("/jobs/{job}/stop", responses=problems(404, 409, 415))
def stop_job(service: InService, job: JobName) -> JobDetail | JobSummary:
    """End a job: its workers finish their trials and leave, wherever they are.

    The answer is as short as in the list where the job's spec cannot be read here.
    """
    job_actions.stop(service, job)
    with service.stores.borrow() as store:
        found = store.find_job(job)
        if found.problem is not None:
            return service.summaries.list(store, [found], service.supervisor.known_pools())[0]
    return show_job(service, job)


@router.post("/jobs/{job}/resume", responses=problems(400, 404, 409, 413, 415))
def resume_job(service: InService, job: JobName, body: Resume) -> JobDetail:
    """Let a stopped job run on, a finished one by a larger budget; or give it a local pool."""
    job_actions.resume(service, job, body)
    return show_job(service, job)


@router.delete("/jobs/{job}", status_code=204, responses=problems(404, 409, 415))
def delete_job(service: InService, job: JobName) -> None:
    """Remove a job's records, adapters and exports for good; not while it runs."""
    job_actions.delete(service, job)
