"""Pages while a real PostgreSQL server is killed and started again: they say so, and come back."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from peftsearch.storage.store import Store
from tests.chromium import LOADED, open_chromium
from tests.cluster import Cluster, find_programs, run_cluster
from tests.service.live import serve
from tests.service.records import Filler, fill_example, lora
from tests.service.sites import open_site
from tests.specs import make_spec
from tests.waiting import LIMIT

FOLLOWING = ["/", "/workers", "/jobs/job"]
"""Pages that hear of the database by themselves."""
ASKING = [
    "/jobs/job/trials/1",
    "/jobs/job/compare?trials=1,2",
    "/compare?jobs=job,other",
    "/new?copy=job",
]
"""Pages that ask once."""


@dataclass
class Site:
    """A service over a server of its own, and who adds trials to its job."""

    address: str
    cluster: Cluster
    filler: Filler
    browser: Browser

    def open(self, path: str, context: BrowserContext) -> Page:
        """A page in a tab of its own."""
        page = context.new_page()
        page.goto(f"{self.address}{path}")
        return page


@pytest.fixture(scope="module")
def site(cluster: Cluster) -> Iterator[Site]:
    """Beside the server of all tests, whose absence says that there is none."""
    programs = find_programs()
    assert programs is not None
    expect.set_options(timeout=1000 * LIMIT)
    with run_cluster(programs) as own, Store.open(own.url("postgres")) as store:
        filler = fill_example(store)
        Filler.open(store, make_spec("other")).complete(lora(2), 0.7)
        with serve(open_site(store.url)) as (address, _), open_chromium() as browser:
            yield Site(address, own, filler, browser)


def settle(page: Page) -> None:
    """Wait until all is there."""
    expect(page.locator("#connection")).to_be_empty()
    page.wait_for_function(LOADED, timeout=1000 * LIMIT)
    expect(page.locator("main")).not_to_contain_text("does not answer")
    expect(page.locator("main h1")).to_be_visible()


def test_open_pages_tell_that_the_database_is_away_and_go_on_when_it_is_back(site: Site) -> None:
    with site.browser.new_context() as context:
        pages = {path: site.open(path, context) for path in [*FOLLOWING, *ASKING]}
        for page in pages.values():
            settle(page)
        site.cluster.control("stop", "-m", "immediate")
        for path in FOLLOWING:
            banner = pages[path].locator("#connection")
            expect(banner).to_contain_text("The database does not answer. Retrying")
        site.cluster.control("start")
        site.filler.complete(lora(2), 0.7)
        for page in pages.values():
            settle(page)
        row = pages["/jobs/job"].get_by_label("Table of trials").locator("tbody tr")
        expect(row.first.locator("th")).to_have_text("6")


def test_pages_opened_while_the_database_is_away_come_by_themselves(site: Site) -> None:
    with site.browser.new_context() as context:
        site.cluster.control("stop", "-m", "immediate")
        pages = [site.open(path, context) for path in [*FOLLOWING, *ASKING]]
        for page in pages:
            expect(page.locator("#connection")).to_contain_text("Retrying; what you see")
        site.cluster.control("start")
        for page in pages:
            settle(page)
        expect(pages[2].locator("#picker")).to_contain_text("accuracy")
