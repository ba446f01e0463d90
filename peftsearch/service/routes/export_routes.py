"""Routes: exports. A trained adapter is written, checked and packed for download."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.results.calibrations.wishes import Wish, check_wish
from peftsearch.results.picks.rules import ONE_SE
from peftsearch.service.context import InService
from peftsearch.service.problems import problems
from peftsearch.service.work.export_records import Export
from peftsearch.service.work.picking import check_form, resolve
from peftsearch.spaces.configurations.forms import AskedForm

from .job_actions import Body
from .path_parameters import JobName, read_name

router = APIRouter(tags=["exports"])

ExportId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Id of an export.")]


class ExportRequest(Body):
    """What to export: `1se`, `knee`, `best`, a row of the front, `trial 17`, what a trial is
    called, or an expression such as `size <= 200 KB`; as what; and what is wished of its
    probabilities, where the task has classes."""

    pick: str = Field(ONE_SE, min_length=1, max_length=500)
    form: AskedForm = "auto"
    precision: Annotated[
        float | None,
        Field(gt=0, lt=1, description="that thresholds of the classes are to have"),
    ] = None
    temperature: bool = Field(False, description="probabilities are calibrated")


class ExportList(TypedDict):
    """The exports of a job, newest first."""

    exports: Sequence[Export]


_Responses = dict[int | str, dict[str, Any]]
_STARTED: _Responses = {
    202: {"model": Export, "description": "It runs; ask again where Location says."}
}
_ARCHIVE: _Responses = {
    200: {
        "description": "The export's files in one folder.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/jobs/{job}/exports", responses={**_STARTED, **problems(400, 404, 409, 413, 415)})
def start_export(
    service: InService, job: JobName, request: ExportRequest, response: Response
) -> Export:
    """Export the trial that a pick means now; an export of it that runs or is done is reused."""
    history = service.histories.read(service.stores, job)
    pick = read_name(service, history, request.pick)
    trial = resolve(history, pick)
    check_form(history, pick, request.form, trial)
    wish = Wish(request.precision, request.temperature)
    check_wish(wish, history.job.spec)
    export = service.exporter.start(history.job, pick, request.form, trial, wish)
    response.status_code = 202 if export.state == "running" else 200
    response.headers["Location"] = f"/api/v1/jobs/{job}/exports/{export.id}"
    return export


@router.get("/jobs/{job}/exports", responses=problems(404))
def list_exports(service: InService, job: JobName) -> ExportList:
    """The exports of a job."""
    with service.stores.borrow() as store:
        found = store.pulse(job)
    return {"exports": service.exporter.all(found)}


@router.get("/jobs/{job}/exports/{export}", responses=problems(404))
def show_export(service: InService, job: JobName, export: ExportId) -> Export:
    """How far an export is."""
    with service.stores.borrow() as store:
        found = store.pulse(job)
    return service.exporter.find(found, export)


@router.delete("/jobs/{job}/exports/{export}", status_code=204, responses=problems(404, 415))
def delete_export(service: InService, job: JobName, export: ExportId) -> None:
    """End an export if it runs, and remove its files."""
    with service.stores.borrow() as store:
        found = store.pulse(job)
    service.exporter.delete(found, export)


@router.get(
    "/jobs/{job}/exports/{export}/archive",
    response_class=FileResponse,
    responses={**_ARCHIVE, **problems(404, 409)},
)
def download_export(service: InService, job: JobName, export: ExportId) -> FileResponse:
    """The adapter with its card and the job file that makes it again, as a zip."""
    with service.stores.borrow() as store:
        found = store.pulse(job)
    path, record = service.exporter.archive(found, export)
    return FileResponse(path, media_type="application/zip", filename=f"{record.title}.zip")
