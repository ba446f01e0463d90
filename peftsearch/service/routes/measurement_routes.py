"""Routes: measurements, failures, and reports such as that of `peftsearch confirm`."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from typing_extensions import TypedDict

from peftsearch.insight.failures import Failures, failures
from peftsearch.records.trial import Measurement
from peftsearch.results.confirmations.tested_reports import order_of
from peftsearch.service.context import InService
from peftsearch.service.problems import problems

from .json_responses import respond, respond_once
from .path_parameters import LARGEST, InHistory, JobName

router = APIRouter(tags=["charts"])
_WORD = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_ALSO = "A kind whose reports come among them, all in the order of their readings of test rows."


class MeasurementsBody(TypedDict):
    """The measurements of some trials, learning curves included; `next` is the first trial of
    the next page."""

    measurements: list[Measurement]
    next: int | None


class ReportsBody(TypedDict):
    """Reports of one kind, oldest first."""

    reports: list[dict[str, Any]]


@router.get("/jobs/{job}/failures", responses=problems(404), response_model=Failures)
def show_failures(request: Request, history: InHistory) -> Response:
    """The failed trials by kind, with their latest messages."""
    return respond_once(request, history, "failures", lambda x: orjson.dumps(failures(x.points)))


@router.get("/jobs/{job}/measurements", responses=problems(404), response_model=MeasurementsBody)
def list_measurements(
    service: InService,
    job: JobName,
    first: Annotated[int, Query(ge=0, le=LARGEST, description="Number of a trial.")] = 0,
    trials: Annotated[int, Query(ge=1, le=200, description="How many trials.")] = 50,
    name: Annotated[str | None, Query(pattern=_WORD, description="Of a measurement.")] = None,
) -> Response:
    """The measurements of some trials by trial, name and fidelity, learning curves included."""
    stop = first + trials
    with service.stores.borrow() as store:
        job_id = store.pulse(job).id
        more = store.next_number(job_id) > stop
        found = store.measurements(job_id, range(first, stop), name)
    body: MeasurementsBody = {"measurements": found, "next": stop if more else None}
    return respond(body)


@router.get("/jobs/{job}/reports/{kind}", responses=problems(404), response_model=ReportsBody)
def list_reports(
    service: InService,
    job: JobName,
    kind: Annotated[str, Path(pattern=_WORD, description="For example `confirm`.")],
    also: Annotated[str | None, Query(pattern=_WORD, description=_ALSO)] = None,
) -> Response:
    """The job's reports of one kind, oldest first."""
    with service.stores.borrow() as store:
        job_id = store.pulse(job).id
        reports = store.reports(job_id, kind)
        if also is not None:
            reports = sorted([*reports, *store.reports(job_id, also)], key=order_of)
    body: ReportsBody = {"reports": reports}
    return respond(body)
