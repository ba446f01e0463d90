"""Routes: a job as one page to take away, which is what `peftsearch report` writes."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from peftsearch.report.content import make_report
from peftsearch.report.reading import read_records
from peftsearch.report.rendering import policy, render_page
from peftsearch.results.rules import ONE_SE
from peftsearch.service.context import InService
from peftsearch.service.problems import problems

from .path_parameters import JobName

router = APIRouter(tags=["reports"])

_PAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The page; it loads nothing.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/jobs/{job}/report", response_class=HTMLResponse, responses={**_PAGE, **problems(404)}
)
def show_report(
    service: InService,
    job: JobName,
    pick: Annotated[
        str,
        Query(max_length=500, description="The configuration that it is on, as `/pick` reads it."),
    ] = ONE_SE,
) -> Response:
    """What was chosen, how it stands, and how it was found, as one page of HTML."""
    with service.stores.borrow() as store:
        records = read_records(store, store.find_job(job), service.settings.root)
    page = render_page(make_report(records, pick))
    # Its style is within the page, which the policy of the other pages forbids.
    headers = {"Content-Security-Policy": f"{policy()}; frame-ancestors 'none'"}
    return HTMLResponse(page, headers=headers)
