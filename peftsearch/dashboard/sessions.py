"""Logging in and out: the one place where a browser shows the token."""

import json
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from peftsearch.service.context import InService
from peftsearch.service.guard.origins import LOGIN
from peftsearch.service.guard.sessions import begin_session, end_session, local_path, quote_path
from peftsearch.service.guard.throttle import too_many
from peftsearch.service.problems import problem

from .rendering import render

router = APIRouter(include_in_schema=False)
_WRONG = "That is not the token that the dashboard was started with."
_REFERRER = {"Referrer-Policy": "same-origin"}
"""Under `no-referrer` browsers send `Origin: null` with a form, which reads as another origin."""


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form or a JSON object; empty where it is neither."""
    text = (await request.body()).decode("utf-8", "replace")
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {name: values[-1] for name, values in parse_qs(text, max_num_fields=9).items()}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return (
        {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
    )


Form = Annotated[dict[str, str], Depends(_read_form)]


@router.api_route(LOGIN, methods=["GET", "HEAD"])
def show_login(request: Request, service: InService, next: str = "/") -> Response:
    """The login page; the jobs where no token is set."""
    if service.settings.credentials is None:
        return RedirectResponse("/", 303)
    return _login_page(request, next, None, 200)


@router.post(LOGIN)
async def log_in(request: Request, service: InService, form: Form) -> Response:
    """Set the session's cookie where the token is right, and go to where one wanted."""
    credentials, as_json = service.settings.credentials, "json" in request.headers["content-type"]
    if credentials is None:
        return RedirectResponse("/", 303)
    target = local_path(form.get("next", "/"))
    if not credentials.is_token(form.get("token", "").strip()):
        if await service.throttle.note_failure(request.scope):
            return too_many()
        if as_json:
            return problem(401, "Wrong token", _WRONG)
        return _login_page(request, target, _WRONG, 401)
    response: Response = (
        JSONResponse({"next": target}) if as_json else RedirectResponse(quote_path(target), 303)
    )
    begin_session(response, credentials, request.scope)
    return response


@router.post("/logout")
async def log_out() -> Response:
    """Forget the session in this browser."""
    response = Response(status_code=204)
    end_session(response)
    return response


def _login_page(request: Request, wanted: str, error: str | None, status: int) -> Response:
    response = render(request, "login", "Log in", status, next=local_path(wanted), error=error)
    response.headers.update(_REFERRER)
    return response
