"""Pages below a path of a proxy ask for nothing outside it, and lead nowhere else."""

from collections.abc import Iterator

import pytest

from peftsearch.storage.store import Store
from tests.chromium import LOADED, open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.records import fill_example
from tests.service.sites import open_site

ROOT = "/tools/peft"
PAGES = ["/", "/new", "/new?copy=job", "/workers", "/techniques", "/nothing"]
PAGES += [
    "/jobs/job",
    "/jobs/job/trials/1",
    "/jobs/job/trials/999",
    "/jobs/job/compare?trials=1,2",
]
LINKS = "found => found.map((x) => x.getAttribute('href') ?? x.getAttribute('action'))"


@pytest.fixture(scope="module")
def address(new_sqlite: NewDatabase) -> Iterator[str]:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    with serve(open_site(url, root_path=ROOT)) as (address, _):
        yield f"{address}{ROOT}"


def test_no_page_leaves_it(address: str) -> None:
    with open_chromium() as browser:
        page, asked = browser.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        for path in PAGES:
            page.goto(f"{address}{path}", wait_until="load")
            page.wait_for_function(LOADED)
            links = page.eval_on_selector_all("a[href], form[action]", LINKS)
            assert [x for x in links if x.startswith("/") and not x.startswith(f"{ROOT}/")] == []
        assert [x for x in asked if not x.startswith(f"{address}/")] == []


def test_links_and_events_work_there(address: str) -> None:
    with open_chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/")
        page.get_by_role("link", name="job", exact=True).first.click()
        page.wait_for_url(f"{address}/jobs/job")
        page.wait_for_selector(".pick-head")
        page.get_by_role("link", name="Open trial").click()
        page.wait_for_url(f"{address}/jobs/job/trials/2")
