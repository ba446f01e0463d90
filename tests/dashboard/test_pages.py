"""The pages: each is there, escapes what it shows, and loads only from this site."""

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from peftsearch.dashboard import assets
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.sites import BEARER, TOKEN, client_of, log_in, open_site
from tests.specs import make_spec

PAGES = ["/", "/new", "/workers", "/techniques"]
JOB_PAGES = ["/jobs/demo", "/jobs/demo/trials/3", "/jobs/demo/compare?trials=3,17"]
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        store.create_job(make_spec(name="demo"))
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


class _Page(HTMLParser):
    """What a page loads, and whether anything of it is inline."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [given[k] or "" for k in ("src", "href") if given.get(k)]
        self.inline += [k for k in given if k == "style" or k.startswith("on")]
        self._script = tag in ("script", "style") and not given.get("src")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.inline.append(data)


@pytest.mark.parametrize("path", PAGES + JOB_PAGES)
def test_a_page_loads_what_this_site_has_and_nothing_is_inline(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = _Page(answer.text)
    assert page.inline == []
    files = [x for x in page.loads if x.startswith("/static/")]
    assert files
    for load in page.loads:
        assert load.startswith("/") or load.startswith("#"), load
    for file in files:
        found = client.get(file)
        assert (found.status_code, file) == (200, file)
        assert found.headers["cache-control"] == assets.FOREVER


@pytest.mark.parametrize("path", ["/nothing", "/jobs/none", "/jobs/demo/trials/x", "/jobs/a%2Fb"])
def test_what_is_not_there_is_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1" in answer.text


def test_programs_get_problem_details_everywhere(client: TestClient) -> None:
    for path in ("/nothing", "/api/v1/nothing"):
        answer = client.get(path, headers={"Accept": "*/*"})
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/nothing", headers=HTML).json()["status"] == 404


def test_what_a_caller_sends_is_escaped(client: TestClient) -> None:
    answer = client.get("/jobs/<script>alert(1)<%2Fscript>", headers=HTML)
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


def test_a_page_knows_its_job_and_its_numbers(client: TestClient) -> None:
    assert 'data-job="demo"' in client.get("/jobs/demo").text
    trial = client.get("/jobs/demo/trials/3").text
    assert 'data-number="3"' in trial
    assert client.get("/jobs/demo/compare?trials=x,,9,-1").status_code == 200


def test_only_who_is_signed_in_gets_the_csrf_value(url: str) -> None:
    app = open_site(url, TOKEN)
    csrf = app.state.service.settings.credentials.csrf
    with client_of(app) as client:
        assert csrf not in client.get("/login").text
        assert csrf in client.get("/", headers=BEARER).text
        assert csrf in client.get("/", headers=BEARER).text
        log_in(client)
        assert f'name="csrf-token" content="{csrf}"' in client.get("/").text
        assert TOKEN not in client.get("/").text


def test_without_a_token_nobody_logs_in(client: TestClient) -> None:
    answer = client.get("/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_files_are_for_ever_under_their_present_version_alone(client: TestClient) -> None:
    present = assets.static_url("lib/api.js")
    assert re.fullmatch(r"/static/v-[0-9a-f]{16}/lib/api\.js", present)
    for address in ("/static/lib/api.js", "/static/v-0123456789abcdef/lib/api.js"):
        old = client.get(address)
        assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
        assert old.content == client.get(present).content
        tag = {"If-None-Match": old.headers["etag"]}
        assert client.get(address, headers=tag).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/v-0123456789abcdef/",
        "/static/../pages.py",
        "/static/%2e%2e/pages.py",
        "/static/v-0/%2e%2e/%2e%2e/pages.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/lib",
    ],
)
def test_nothing_outside_the_folder_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_plotly_is_served_whole_and_compressed(client: TestClient) -> None:
    address = f"/static/{assets.plotly_name()}"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    for answer in (plain, packed):
        assert answer.headers["cache-control"] == assets.FOREVER
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.compress(plain.content, 6, mtime=0) == assets._compressed_plotly()
    assert client.get("/static/plotly-0.0.1.min.js").status_code == 404


@pytest.mark.parametrize("name", ["joined/job.js", "joined/job.css"])
def test_what_is_joined_is_kept_for_ever_and_compressed(client: TestClient, name: str) -> None:
    address = assets.static_url(name)
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", plain.content)
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    for answer in (plain, packed):
        assert answer.headers["cache-control"] == assets.FOREVER
        assert answer.headers["vary"] == "Accept-Encoding"
    assert client.get(f"/static/{name}").headers["cache-control"] == "no-cache"
    kind = name.rpartition(".")[2]
    for missing in (f"joined/nothing.{kind}", f"joined/..{kind}", "joined/job.txt", "joined"):
        assert client.get(assets.static_url(missing)).status_code == 404


def test_old_browsers_find_the_icon(client: TestClient) -> None:
    sent = client.get("/favicon.ico")
    found = client.get(sent.headers["location"])
    assert found.headers["content-type"].startswith("image/svg+xml")
