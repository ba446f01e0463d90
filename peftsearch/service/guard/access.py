"""Who may call: the token in a header, or the session's cookie, where a token is set."""

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from peftsearch.service.credentials import COOKIE, CSRF_HEADER, Credentials
from peftsearch.service.problems import problem
from peftsearch.service.settings import Settings

from .origins import LOGIN, SAFE_METHODS
from .sessions import address_without_token, end_session, is_page, lead_on, token_in_address
from .throttle import Throttle, too_many

_OPEN = frozenset({LOGIN, "/api/v1/health", "/favicon.ico"})
_OPEN_PREFIX = "/static/"
"""Scripts and styles are the same for all who installed this release."""


class AccessCheck:
    """Refuses callers who show neither the token nor a session's cookie; a browser that shows the
    token in a page's address gets a session and the address without it."""

    def __init__(self, app: ASGIApp, settings: Settings, throttle: Throttle) -> None:
        self._app, self._credentials, self._throttle = app, settings.credentials, throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, 403 or 429, or send a browser to the login page."""
        if scope["type"] != "http" or self._credentials is None:
            return await self._app(scope, receive, send)
        refusal = await self._refuse(scope, self._credentials)
        await (refusal or self._app)(scope, receive, send)

    async def _refuse(self, scope: Scope, credentials: Credentials) -> Response | None:
        if is_open(scope["path"]):
            return None
        headers = Headers(scope=scope)
        bearer, cookie = shown_token(headers), shown_session(headers)
        address = token_in_address(scope) if bearer is None else None
        if address is not None and credentials.is_token(address):
            return lead_on(scope, credentials)
        if not _is_known(bearer, cookie, credentials):
            return await self._turn_away(scope, headers, bearer or address or cookie)
        scope["signed_in"] = True
        return None if bearer is not None or _csrf_fine(scope, headers, credentials) else _forged()

    async def _turn_away(self, scope: Scope, headers: Headers, shown: str | None) -> Response:
        """Compared first, slowed after: whoever has the token comes in, whatever others try."""
        if shown is not None and await self._throttle.note_failure(scope):
            return too_many()
        return _ask(scope, headers)


def _is_known(bearer: str | None, cookie: str | None, credentials: Credentials) -> bool:
    """Whether what was shown is right; a token that is shown decides alone."""
    if bearer is not None:
        return credentials.is_token(bearer)
    return cookie is not None and credentials.is_session(cookie)


def is_open(path: str) -> bool:
    """Whether a path is for everyone who reaches the service."""
    return path in _OPEN or path.startswith(_OPEN_PREFIX)


def is_signed_in(scope: Scope) -> bool:
    """Whether the caller showed what it must."""
    return bool(scope.get("signed_in"))


def shown_token(headers: Headers) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def shown_session(headers: Headers) -> str | None:
    """The value of the session's cookie."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE)


def _csrf_fine(scope: Scope, headers: Headers, credentials: Credentials) -> bool:
    if scope["method"] in SAFE_METHODS:
        return True
    return credentials.is_csrf(headers.get(CSRF_HEADER, ""))


def _forged() -> Response:
    return problem(
        403,
        "Missing CSRF value",
        "a write with the session's cookie must show that it comes from a page",
        expected=f"the header {CSRF_HEADER} with the page's csrf-token",
        got="none, or a wrong one",
        hint="load the page again, or send the token as Authorization: Bearer",
    )


def _ask(scope: Scope, headers: Headers) -> Response:
    """The login page for a browser that opens a page; else 401."""
    if is_page(scope):
        wanted = quote(address_without_token(scope), safe="")
        response: Response = RedirectResponse(f"{LOGIN}?next={wanted}", 303)
    else:
        response = problem(
            401,
            "Token needed",
            "the service was started with a token",
            expected="Authorization: Bearer TOKEN",
            got="no token, or a wrong one",
            hint="send the token that the dashboard printed at its start, or log in at /login",
        )
        response.headers["WWW-Authenticate"] = "Bearer"
    if shown_session(headers) is not None:
        end_session(response)
    return response
