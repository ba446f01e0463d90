"""Which problem details answer which error: what was expected, what came, what to do."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from peftsearch.errors import (
    Conflict,
    DatabaseAway,
    NotFoundError,
    PeftsearchError,
    StaleLeaseError,
    StoreUnavailable,
    UserError,
)
from peftsearch.message_text import one_line, show
from peftsearch.spaces.jobspec.expected_words import tell_expected
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec

from .problems import AWAY, problem

_MOST = 100


def register(app: FastAPI) -> None:
    """Answer every error of the project and of the framework with problem details."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)


async def _on_error(request: Request, error: Exception) -> Response:
    if isinstance(error, DatabaseAway | StoreUnavailable):
        return problem(503, AWAY, str(error))
    if isinstance(error, UserError):
        status, title = _user_status(error)
        return problem(
            status,
            title,
            str(error),
            expected=error.expected,
            got=error.got,
            hint=error.hint,
            mistakes=_mistakes(error),
        )
    status = 409 if isinstance(error, StaleLeaseError) else 500
    return problem(status, "The request failed", one_line(str(error)))


def _mistakes(error: UserError) -> list[Mistake] | None:
    """Those of a spec, or what an error says of one key; at most `_MOST`."""
    one = [Mistake.of(error)] if error.where else []
    found: Sequence[Mistake] = error.mistakes if isinstance(error, WrongSpec) else one
    return list(found[:_MOST]) or None


def _user_status(error: UserError) -> tuple[int, str]:
    if isinstance(error, NotFoundError):
        return 404, "Not found"
    if isinstance(error, Conflict):
        return 409, "Conflict"
    return 422, "Wrong input"


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    mistakes = [_mistake_in_request(found) for found in error.errors()[:_MOST]]
    first = mistakes[0]
    detail = f"{first.where}: {first.expected}; got {first.got}; {first.hint}"
    return problem(422, "Wrong request", detail, mistakes=mistakes)


def _mistake_in_request(found: Any) -> Mistake:
    where, cause = ".".join(str(part) for part in found["loc"]), found.get("ctx", {}).get("error")
    if isinstance(cause, UserError):
        return Mistake(where, cause.expected, cause.got, cause.hint)
    got = "nothing" if found["type"] == "missing" else show(found.get("input"))
    hint = "correct it; /api/v1/openapi.json says what is taken"
    return Mistake(where, tell_expected(found), got, hint)


async def _on_http(request: Request, error: Exception) -> Response:
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
