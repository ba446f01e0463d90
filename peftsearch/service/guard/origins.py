"""Writes come from our own pages or from programs, never from pages of others.

The rule of Go's `http.CrossOriginProtection`: browsers say where a request comes from by
`Sec-Fetch-Site`, older ones (and all of them over plain http to another machine) by `Origin`; a
request with neither is no browser's. A JSON content type keeps plain HTML forms out as well.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from peftsearch.service.problems import problem

from .body_limit import FILES

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"
LOGIN = "/login"


class OriginCheck:
    """Refuses writes across origins, and those that are no JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 415 where the write is refused."""
        refusal = _refuse(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)


def _refuse(scope: Scope) -> Response | None:
    if scope["method"] in SAFE_METHODS:
        return None
    headers = Headers(scope=scope)
    if not same_origin(headers):
        return problem(
            403,
            "Cross-origin write",
            "a page of another origin must not write here",
            expected="a request of this service's own pages, or of a program",
            got=f"origin {headers.get('origin', 'unknown')[:200]!r}",
            hint="open the dashboard under its own address and try there",
        )
    content = headers.get("content-type", "").partition(";")[0].strip().lower()
    taken = _content_types(scope, headers)
    if content in taken:
        return None
    what = "JSON" if "application/json" in taken else "the bytes of a file"
    return problem(
        415,
        "Wrong content type",
        f"this write is {what}",
        expected=f"Content-Type: {taken[0]}",
        got=repr(content[:200]) if content else "none",
        hint=f"send {what} with that header",
    )


def same_origin(headers: Headers) -> bool:
    """Whether a request comes from the service's own pages, or from no browser at all."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def _content_types(scope: Scope, headers: Headers) -> tuple[str, ...]:
    if scope["path"] == LOGIN:
        return ("application/json", _FORM)
    if scope["path"].startswith(FILES):
        return ("application/octet-stream",)
    if scope["method"] == "DELETE" and headers.get("content-length", "0") == "0":
        return ("application/json", "")
    return ("application/json",)
