"""Which names a caller may use for the service.

Against DNS rebinding: a page of `evil.example` lets its name point to this machine once it is
loaded, and its scripts then talk to the service as if to their own. The browser still sends
`Host: evil.example`. Ports are not compared, so that `ssh -L 9000:localhost:8321` works; a page
cannot choose another name by choosing a port.

Where the service listens on all addresses it cannot know its names. There a token is always set,
and a rebound page has none: the browser keeps the cookie for the name at which a person logged
in. So any name does, unless `--allow-host` lists them.
"""

import ipaddress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from peftsearch.service.problems import problem
from peftsearch.service.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def expected_names(settings: Settings) -> frozenset[str] | None:
    """Names in lower case, without port and brackets; None where any will do."""
    names = {split_host(name) for name in settings.allow_hosts}
    if _is_wildcard(settings.host):
        return frozenset(names | set(_LOOPBACK)) if names else None
    names.add(split_host(_bracketed(settings.host)))
    return frozenset(names | set(_LOOPBACK) if settings.loopback else names)


def split_host(value: str) -> str:
    """The name of a Host header: without the port, without brackets, in lower case."""
    if value.startswith("["):
        return value[1:].partition("]")[0].lower()
    return value.partition(":")[0].rstrip(".").lower()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return host == ""


class HostCheck:
    """Refuses requests that name another host."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._names = app, expected_names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 where the name is not ours."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).getlist("host")
        if len(given) == 1 and (self._names is None or split_host(given[0]) in self._names):
            return await self._app(scope, receive, send)
        await problem(
            421,
            "Wrong host",
            "the request names another host than this service",
            expected=f"one of {', '.join(sorted(self._names or ()))}",
            got=", ".join(given)[:200] or "no Host header",
            hint="start the dashboard with --allow-host NAME to allow a name",
        )(scope, receive, send)
