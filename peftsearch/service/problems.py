"""Errors as problem details (RFC 9457): what was expected, what came, what to do."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from peftsearch.errors import (
    Conflict,
    NotFoundError,
    PeftsearchError,
    StaleLeaseError,
    StoreUnavailable,
    UserError,
)
from peftsearch.spaces.jobspec.mistakes import Mistake

MEDIA_TYPE = "application/problem+json"
_MOST = 100


class WrongSpec(UserError):
    """A job spec with mistakes; the first speaks for all.

    Args:
        mistakes: At least one.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        first = mistakes[0]
        prefix = f"{first.where}: " if first.where not in first.got else ""
        super().__init__(f"{prefix}{first.expected}", first.got, first.hint, first.where)
        self.mistakes = mistakes


def problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    """A response of problem details.

    Args:
        more: Further members: `expected`, `got`, `hint`, `mistakes`.
    """
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail} | more
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def register(app: FastAPI) -> None:
    """Answer every error of the project and of the framework with problem details."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)


async def _on_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, UserError):
        status, title = _user_status(error)
        parts = {"expected": error.expected, "got": error.got, "hint": error.hint}
        if mistakes := _mistakes(error):
            return problem(status, title, str(error), **parts, mistakes=mistakes)
        return problem(status, title, str(error), **parts)
    if isinstance(error, StoreUnavailable):
        return problem(503, "The database does not answer", str(error))
    status = 409 if isinstance(error, StaleLeaseError) else 500
    return problem(status, "The request failed", str(error))


def _mistakes(error: UserError) -> list[dict[str, str]]:
    """Those of a spec, or what an error says of one key; at most `_MOST`."""
    one = [Mistake.of(error)] if error.where else []
    found: Sequence[Mistake] = error.mistakes if isinstance(error, WrongSpec) else one
    return [asdict(replace(x, got=x.got[:200])) for x in found[:_MOST]]


def _user_status(error: UserError) -> tuple[int, str]:
    if isinstance(error, NotFoundError):
        return 404, "Not found"
    if isinstance(error, Conflict):
        return 409, "Conflict"
    return 422, "Wrong input"


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    mistakes = [_mistake_in_request(found) for found in error.errors()[:_MOST]]
    first = mistakes[0]
    detail = f"{first['where']}: {first['expected']}; got {first['got']}; {first['hint']}"
    return problem(422, "Wrong request", detail, mistakes=mistakes)


def _mistake_in_request(found: Any) -> dict[str, str]:
    where, cause = ".".join(str(part) for part in found["loc"]), found.get("ctx", {}).get("error")
    if isinstance(cause, UserError):
        return asdict(Mistake(where, cause.expected, cause.got[:200], cause.hint))
    got, hint = repr(found.get("input"))[:200], "see /api/v1/openapi.json"
    return asdict(Mistake(where, found["msg"], got, hint))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = problem(error.status_code, str(error.detail), str(error.detail))
    response.headers.update(error.headers or {})
    return response


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    PeftsearchError: _on_error,
    RequestValidationError: _on_invalid,
    HTTPException: _on_http,
}
"""By the error that each answers."""
