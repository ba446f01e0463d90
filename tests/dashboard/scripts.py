"""The dashboard's scripts, loaded by a real browser without a service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, Route

from peftsearch.dashboard.assets import FOLDER
from peftsearch.insight.kind_rows import kind_rows
from peftsearch.insight.objective_rows import objective_rows
from tests.chromium import open_chromium

SITE = "http://dashboard.test"


@contextmanager
def open_scripts() -> Iterator[Page]:
    """An empty page that can import every script; it knows the tables of objectives and kinds."""
    with open_chromium() as browser:
        page = browser.new_page()
        page.route(f"{SITE}/**", _serve)
        page.goto(f"{SITE}/")
        call(page, "lib/measures.js", "loadObjectives")
        call(page, "form/kinds.js", "loadKinds")
        yield page


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(f"{SITE}/")
    if not path:
        route.fulfill(body="<!doctype html><title>empty</title>", content_type="text/html")
    elif path == "api/v1/objectives":
        route.fulfill(json={"objectives": objective_rows()})
    elif path == "api/v1/kinds":
        route.fulfill(json={"kinds": kind_rows()})
    else:
        route.fulfill(body=(FOLDER / path).read_text("utf-8"), content_type="text/javascript")


def call(page: Page, script: str, function: str, *given: Any) -> Any:
    """What a function of a script answers, as it would go over the wire."""
    code = """async ([file, name, given]) =>
        JSON.stringify((await (await import(file))[name](...given)) ?? null)"""
    return json.loads(page.evaluate(code, [f"/{script}", function, list(given)]))
