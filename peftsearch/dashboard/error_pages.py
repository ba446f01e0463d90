"""Errors of pages are pages; those of the API stay problem details."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from peftsearch.errors import NotFoundError, PeftsearchError
from peftsearch.service import error_handlers

from .rendering import render

_Handler = Callable[[Request, Exception], Awaitable[Response]]


def register(app: FastAPI) -> None:
    """Answer browsers that ask for a page with one."""
    for kind in (PeftsearchError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _paged(error_handlers.HANDLERS[kind]))


def _paged(handler: _Handler) -> _Handler:
    async def handle(request: Request, error: Exception) -> Response:
        response = await handler(request, error)
        if not _wants_page(request):
            return response
        heading, detail = _words(response.status_code, error)
        status = response.status_code
        page = render(request, "error", heading, status, heading=heading, detail=detail)
        if "allow" in response.headers:
            page.headers["Allow"] = response.headers["Allow"]
        return page

    return handle


def _wants_page(request: Request) -> bool:
    path = request.url.path
    if path.startswith(("/api/", "/static/")):
        return False
    return "text/html" in request.headers.get("accept", "")


def _words(status: int, error: Exception) -> tuple[str, str]:
    """A heading and what to do."""
    if isinstance(error, NotFoundError):
        return "Not found", f"There is no job {error.got} here."
    if isinstance(error, PeftsearchError):
        return "This did not work", str(error)
    if status in (404, 422):
        return "Not found", "There is no page at this address. The jobs are on the first page."
    return "This did not work", getattr(error, "detail", "The request was not understood.")
