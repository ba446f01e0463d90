"""The rooms of the scripts: imports run downwards, and a page is told of all its files at once."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from peftsearch.dashboard import scripts
from peftsearch.dashboard.assets import FOLDER
from peftsearch.storage.store import Store
from tests.chromium import LOADED, open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.records import fill_example
from tests.service.sites import client_of, open_site
from tests.specs import make_spec

ALL = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))
BELOW = {
    "lib": {"lib"},
    "charts": {"charts", "lib"},
    "components": {"components", "charts", "lib"},
    "form": {"form", "charts", "lib"},
    "pages": {"components", "form", "charts", "lib"},
}
"""What a room may import from; a page imports no other page."""
PAGES = ["/", "/new", "/workers", "/techniques", "/login", "/nothing"]
PAGES += ["/jobs/job", "/jobs/job/trials/1", "/jobs/job/compare?trials=1,2"]
CLASSIC = "lib/theme-early.js"


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
        store.create_job(make_spec("waiting"))
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


def room(name: str) -> str:
    return name.partition("/")[0]


@pytest.mark.parametrize("name", ALL)
def test_a_script_imports_downwards(name: str) -> None:
    found = set(scripts.imports(name))
    assert {room(other) for other in found} <= BELOW[room(name)]
    assert found <= set(ALL)
    assert name not in scripts.reach(found), "a circle"


@pytest.mark.parametrize("name", ALL)
def test_the_server_reads_every_import(name: str) -> None:
    source = (FOLDER / name).read_text("utf-8")
    code = re.sub(r"^\s*(//|\*|/\*).*$", "", source, flags=re.MULTILINE)
    written = re.findall(r'\bfrom "|^import "|\bimport\(', code, re.MULTILINE)
    assert len(written) == len(list(scripts.imports(name)))


def test_no_script_and_no_style_is_left_over() -> None:
    entries = [name for name in ALL if room(name) == "pages"]
    assert scripts.reach([*entries, *scripts.ALWAYS]) | {CLASSIC} == set(ALL)
    beside = {f"{name.removesuffix('.js')}.css" for name in ALL}
    ground = {f"lib/{name}.css" for name in ("tokens", "base", "layout", "controls", "fields")}
    styles = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.css")}
    assert styles <= beside | ground | {"pages/login.css"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_one_style_and_one_script_of_all_that_it_is_made_of(
    client: TestClient, path: str
) -> None:
    text = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True).text
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', text)
    (script,) = re.findall(r'<script src="([^"]+)" type="module">', text)
    (page,) = re.findall(r'<body data-page="([^"]+)">', text)
    parts = scripts.parts(page)
    joined = [re.sub(r"\W", "", client.get(x).text) for x in (style, script)]
    for name in parts.styles:
        assert re.sub(r"\W", "", (FOLDER / name).read_text("utf-8")) in joined[0]
    for name in scripts.reach(parts.entries):
        assert joined[1].count(re.sub(r"\W", "", f"// {name}\nconst")) == 1


@pytest.mark.parametrize("path", ["/", "/new", "/jobs/job", "/jobs/job/compare?trials=1,2"])
def test_a_browser_fetches_only_what_the_page_named(url: str, path: str) -> None:
    with serve(open_site(url)) as (address, _), open_chromium() as browser:
        page, asked, said = browser.new_page(), list[str](), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda line: said.append(line.text))
        page.goto(f"{address}{path}", wait_until="load")
        page.wait_for_function(LOADED)
        named = page.eval_on_selector_all(
            "script, link[rel=stylesheet]", "found => found.map((x) => x.href ?? x.src)"
        )
    # What draws is fetched with the first picture, which may come between the two looks.
    fetched = [x for x in asked if x.endswith((".js", ".css")) and "plotly" not in x]
    assert sorted(fetched) == sorted({x for x in named if "plotly" not in x})
    assert len(fetched) == 3
    assert not [line for line in said if "preload" in line or "Content Security" in line]


def test_a_page_without_a_picture_does_not_fetch_what_draws_them(url: str) -> None:
    with serve(open_site(url)) as (address, _), open_chromium() as browser:
        page, asked = browser.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/jobs/waiting", wait_until="load")
        page.get_by_role("heading", name="Waiting for a worker").wait_for()
        page.wait_for_function(LOADED)
        assert [x for x in asked if "joined/job.js" in x]
        assert not [x for x in asked if "plotly" in x]
