"""The pages' routes. A page is a frame: its scripts fetch all data from the HTTP API."""

import contextlib
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from peftsearch.errors import DatabaseAway, StoreUnavailable
from peftsearch.service.context import InService

from .assets import static_url
from .rendering import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_METHODS = ["GET", "HEAD"]


@router.api_route("/", methods=_METHODS)
def show_jobs(request: Request) -> Response:
    """All jobs."""
    return render(request, "jobs", "Jobs")


@router.api_route("/new", methods=_METHODS)
def show_form(request: Request) -> Response:
    """The form that launches a job."""
    return render(request, "new", "New job")


@router.api_route("/workers", methods=_METHODS)
def show_workers(request: Request) -> Response:
    """All workers."""
    return render(request, "workers", "Workers")


@router.api_route("/techniques", methods=_METHODS)
def show_techniques(request: Request) -> Response:
    """The table of techniques."""
    return render(request, "techniques", "Techniques")


@router.api_route("/compare", methods=_METHODS)
def compare_jobs(request: Request) -> Response:
    """Two jobs side by side, by `?jobs=one,other`; the script reads which."""
    return render(request, "compare-jobs", "Jobs compared")


@router.api_route("/jobs/{job}", methods=_METHODS)
def show_job(request: Request, job: str, service: InService) -> Response:
    """One job.

    Raises:
        NotFoundError: There is none of that name.
    """
    return _of_job(request, "job", job, job, service)


@router.api_route("/jobs/{job}/trials/{number:int}", methods=_METHODS)
def show_trial(request: Request, job: str, number: int, service: InService) -> Response:
    """One trial; the script says so where there is none of that number.

    Raises:
        NotFoundError: There is no such job.
    """
    return _of_job(request, "trial", f"Trial {number} of {job}", job, service, number=number)


@router.api_route("/jobs/{job}/compare", methods=_METHODS)
def compare_trials(request: Request, job: str, service: InService) -> Response:
    """Two trials side by side, by `?trials=3,17`; the script reads which.

    Raises:
        NotFoundError: There is no such job.
    """
    return _of_job(request, "compare", f"Trials of {job}", job, service)


@router.api_route("/favicon.ico", methods=_METHODS)
def show_icon() -> Response:
    """Where old browsers look for the icon."""
    return RedirectResponse(static_url("favicon.svg"), 302)


def _of_job(
    request: Request, page: str, title: str, job: str, service: InService, **more: Any
) -> Response:
    # Of a database that is away the script says so, and waits for it.
    with (
        contextlib.suppress(DatabaseAway, StoreUnavailable),
        service.stores.borrow() as store,
    ):
        store.pulse(job)
    return render(request, page, title, job=job, **more)
