"""Routes: a job as one page to take away, which is what `peftsearch report` writes.

A program of its own makes it, once for what the job's records say.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.errors import UserError
from peftsearch.records.job import Pulse
from peftsearch.report.reading import mark_records
from peftsearch.report.rendering import policy
from peftsearch.results.picks.rules import ONE_SE, find_rule
from peftsearch.service.context import InService, Service
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems
from peftsearch.service.work.picking import explain_pick
from peftsearch.service.work.report_records import ReportRecord, ReportRun

from .job_actions import Body
from .path_parameters import InHistory, JobName, read_name

router = APIRouter(tags=["reports"])
_ALL = "/jobs/{job}/report-runs"
_ONE = f"{_ALL}/{{run}}"

RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Id of a report.")]


class Wanted(Body):
    """What a report is to be on, as `/pick` reads it."""

    pick: str = Field(ONE_SE, min_length=1, max_length=500)


class ReportRuns(TypedDict):
    """The reports of a job that are kept or being made, newest first."""

    reports: Sequence[ReportRun]


_Responses = dict[int | str, dict[str, Any]]
_STARTED: _Responses = {
    202: {"model": ReportRun, "description": "It is made; ask again where Location says."}
}
_PAGE: _Responses = {
    200: {
        "description": "The page; it loads nothing.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/jobs/{job}/report",
    response_class=FileResponse,
    responses={**_PAGE, **problems(404, 409)},
)
def show_report(
    service: InService,
    history: InHistory,
    pick: Annotated[
        str,
        Query(max_length=500, description="The configuration that it is on, as `/pick` reads it."),
    ] = ONE_SE,
) -> FileResponse:
    """What was chosen, how it stands, and how it was found, as one page of HTML.

    Waits for it where the job's records say more than those of the reports that are kept.
    """
    run = _start(service, history, pick)
    ended = service.reporter.wait(_pulse(service, history.job.name), run.id)
    if ended.state == "failed":
        raise UserError("a report", str(ended.message), "mend it and try again")
    return _page(service, history.job.name, run.id)


@router.post(_ALL, responses={**_STARTED, **problems(400, 404, 409, 413, 415)})
def start_report(
    service: InService, history: InHistory, body: Wanted, response: Response
) -> ReportRun:
    """Make a report; one of the same records that is made or being made is taken."""
    run = _start(service, history, body.pick)
    response.status_code = 202 if run.state == "running" else 200
    response.headers["Location"] = f"/api/v1/jobs/{history.job.name}/report-runs/{run.id}"
    return run


@router.get(_ALL, responses=problems(404))
def list_reports(service: InService, job: JobName) -> ReportRuns:
    """The reports of a job that are kept or being made."""
    return {"reports": service.reporter.all(_pulse(service, job))}


@router.get(_ONE, responses=problems(404))
def show_report_run(service: InService, job: JobName, run: RunId) -> ReportRun:
    """How far a report is."""
    return service.reporter.find(_pulse(service, job), run)


@router.get(f"{_ONE}/page", response_class=FileResponse, responses={**_PAGE, **problems(404, 409)})
def show_page(service: InService, job: JobName, run: RunId) -> FileResponse:
    """The page of a report that is done."""
    return _page(service, job, run)


def _start(service: Service, history: History, pick: str) -> ReportRecord:
    """A rule chooses nothing of an empty front, which a report can say; all else must be there."""
    if history.front() or find_rule(pick) is None:
        explain_pick(history, read_name(service, history, pick))
    with service.stores.borrow() as store:
        job = store.find_job(history.job.name)
        mark = mark_records(store, job)
    return service.reporter.start(job, pick, mark)


def _page(service: Service, job: str, run: str) -> FileResponse:
    path = service.reporter.page(_pulse(service, job), run)
    # Its style is within the page, which the policy of the other pages forbids.
    headers = {"Content-Security-Policy": f"{policy()}; frame-ancestors 'none'"}
    return FileResponse(path, media_type="text/html", headers=headers)


def _pulse(service: Service, job: str) -> Pulse:
    with service.stores.borrow() as store:
        return store.pulse(job)
