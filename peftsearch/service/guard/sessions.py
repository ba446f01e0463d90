"""A browser's session: its cookie, and the address with a token that begins one."""

from urllib.parse import quote, unquote_plus

from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from peftsearch.service.credentials import COOKIE, PARAMETER, Credentials

_PAGES = ("GET", "HEAD")


def begin_session(response: Response, credentials: Credentials, scope: Scope) -> None:
    """Give the browser its cookie, which no script reads and no other site sends."""
    secure = scope.get("scheme") == "https"
    response.set_cookie(
        COOKIE, credentials.session, httponly=True, samesite="strict", secure=secure
    )


def end_session(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def is_page(scope: Scope) -> bool:
    """Whether a browser asks for a page, not a program for data."""
    return scope["method"] in _PAGES and not scope["path"].startswith("/api/")


def token_in_address(scope: Scope) -> str | None:
    """The token that a page's address holds; None for none, and of the API, which takes a
    header: addresses are written into logs."""
    if not is_page(scope):
        return None
    shown = [x.partition("=")[2] for x in _parts(scope) if _is_token(x)]
    return unquote_plus(shown[-1]) if shown else None


def address_without_token(scope: Scope) -> str:
    """The page that was asked for, without the token in its address."""
    kept = "&".join(x for x in _parts(scope) if not _is_token(x))
    return local_path(scope["path"] + (f"?{kept}" if kept else ""))


def lead_on(scope: Scope, credentials: Credentials) -> Response:
    """To the page that was asked for, with a session."""
    response = RedirectResponse(quote_path(address_without_token(scope)), 303)
    begin_session(response, credentials, scope)
    return response


def local_path(wanted: str) -> str:
    """A path on this service, `/` for all that a browser could read as another place."""
    fine = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if fine and wanted.isprintable() and "\\" not in wanted else "/"


def quote_path(path: str) -> str:
    """A path with its query as a header holds it."""
    return quote(path, safe="/?&=%#+,:;@!$'()*~")


def _parts(scope: Scope) -> list[str]:
    return str(scope["query_string"].decode("latin-1")).split("&")


def _is_token(part: str) -> bool:
    return part.partition("=")[0] == PARAMETER
