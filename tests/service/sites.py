"""The real application for tests, and clients of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx2 as httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from starlette.routing import BaseRoute, Mount, Route

from peftsearch.dashboard.site import make_site
from peftsearch.service.settings import Settings

BASE = "http://127.0.0.1:8321"
TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
STOP = "/api/v1/jobs/none/stop"
"""A write that finds nothing: 404 means that it passed all checks."""


def open_site(url: str, token: str | None = None, **more: object) -> FastAPI:
    """An application over that database; wrong tokens are answered at once."""
    root = Path(url.removeprefix("sqlite:///")).with_suffix(".files")
    app = make_site(Settings(url, root, token=token, **more))  # type: ignore[arg-type]
    app.state.service.throttle.delay = 0.0
    return app


class CheckedClient(TestClient):
    """Holds what the API answers to its declaration: no key less, and none more."""

    def request(self, method: str, url: Any, **more: Any) -> httpx.Response:
        """As any client does it."""
        answer = super().request(method, url, **more)
        if answer.is_success and answer.headers.get("content-type") == "application/json":
            declared = declaration(self.app, method, answer.url.path)  # type: ignore[arg-type]
            if declared is not None:
                adapter, content = _adapt(declared), answer.json()
                known = adapter.dump_python(adapter.validate_python(content), mode="json")
                assert known == content
        return answer


@cache
def _adapt(declared: Any) -> TypeAdapter[Any]:
    return TypeAdapter(declared)


def declaration(app: FastAPI, method: str, path: str) -> Any:
    """The response model of a route, None where it has none."""
    for route in app.routes:
        if not isinstance(route, Mount | Route):
            for inner in route.effective_route_contexts():  # type: ignore[attr-defined]
                if method in inner.methods and inner.path_regex.match(path):
                    return inner.response_model
    return None


@contextmanager
def client_of(app: FastAPI, base: str = BASE) -> Iterator[TestClient]:
    """A client that follows no redirects, while the application lives."""
    with CheckedClient(app, base_url=base, follow_redirects=False) as client:
        yield client


def get(client: TestClient, path: str) -> Any:
    """What the job `job` answers under a path of its own."""
    answer = client.get(f"/api/v1/jobs/job/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def log_in(client: TestClient) -> dict[str, str]:
    """Log in as a browser does; the headers of its writes."""
    done = client.post("/login", data={"token": TOKEN, "next": "/"})
    assert done.status_code == 303
    credentials = client.app.state.service.settings.credentials  # type: ignore[attr-defined]
    return {"X-CSRF-Token": credentials.csrf}


def endpoints(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route, with its parameters filled in."""
    return [
        (method, _fill(path))
        for route in app.routes
        for path, methods in _flatten(route)
        for method in sorted(methods)
    ]


def _flatten(route: BaseRoute) -> Iterator[tuple[str, set[str]]]:
    if isinstance(route, Mount):
        yield f"{route.path}/lib/api.js", {"GET"}
    elif isinstance(route, Route | APIRoute):
        yield route.path, set(route.methods or ())
    else:
        for inner in route.effective_route_contexts():  # type: ignore[attr-defined]
            yield inner.path, set(inner.methods)


def _fill(path: str) -> str:
    parts = ["1" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts).replace("{rest}", "0.min.js")
