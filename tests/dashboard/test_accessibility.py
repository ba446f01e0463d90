"""What axe, the checker of accessibility, finds on the pages: nothing, in either theme."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from peftsearch.storage.store import Store
from tests.chromium import LOADED, open_chromium
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.service.live import serve
from tests.service.records import fill_repeated
from tests.service.sites import open_site

PAGES = ["/", "/new?preset=demo", "/workers", "/techniques", "/nothing", "/jobs/job"]
PAGES += ["/jobs/job/trials/1", "/jobs/job/compare?trials=1,2", "/api/v1/jobs/job/report"]


@pytest.fixture(scope="module")
def address(new_sqlite: NewDatabase) -> Iterator[str]:
    url = new_sqlite()
    with Store.open(url) as store:
        store.prepare(fill_repeated(store).job.id, prepare(0.7))
    with serve(open_site(url)) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(
    theme: Literal["light", "dark"], address: str, browser: Browser
) -> None:
    # The policy of the pages lets no other script in, axe among them.
    with browser.new_context(bypass_csp=True, color_scheme=theme) as context:
        for path in PAGES:
            with context.new_page() as page:
                page.goto(f"{address}{path}", wait_until="load")
                page.wait_for_function(LOADED)
                for _ in range(8):
                    page.mouse.wheel(0, 700)
                page.wait_for_function(LOADED)
                assert "`" not in page.inner_text("body"), path
                found = Axe().run(page)
                assert found.violations_count == 0, f"{path}: {found.generate_report()}"
