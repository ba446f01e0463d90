"""The report from a job's page in a real browser: how far it is, the page, and taken again."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from peftsearch.service.work.reporter import Reporter
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.records import fill_example
from tests.service.reporting_program import PROGRAM
from tests.service.sites import open_site
from tests.waiting import LIMIT

PAGE = re.compile(r"/api/v1/jobs/job/report-runs/[0-9a-f]{16}/page$")


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[tuple[str, Path]]:
    """Address of a service over one job, and its folder of files."""
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    app = open_site(url)
    service = app.state.service
    reporter = Reporter(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    app.state.service = replace(service, reporter=reporter)
    with serve(app) as (address, _):
        yield address, service.settings.root
        reporter.close()


def test_a_report_is_made_once_and_then_opened(site: tuple[str, Path]) -> None:
    address, root = site
    expect.set_options(timeout=1000 * LIMIT)
    with open_chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(1000 * LIMIT)
        make_one(page, address, root)
        page.goto(f"{address}/jobs/job")
        expect(page.get_by_text("Report opened: up to date.")).to_be_visible()
        opened = follow(page, "Report")  # at once: nothing has changed
        assert opened != page and page.url == f"{address}/jobs/job"


def make_one(page: Page, address: str, root: Path) -> None:
    """A failure, then a report with its steps."""
    root.mkdir(exist_ok=True)
    (root / "go").write_text("it broke")
    page.goto(f"{address}/jobs/job")
    button = page.get_by_role("link", name="Report", exact=True)
    # Before its script is there, it is a plain link to the report.
    expect(button.locator("xpath=preceding-sibling::span[@role='status']")).to_be_attached()
    button.click()
    expect(page.get_by_text("The report failed: it broke")).to_be_visible()
    (root / "go").unlink()
    button.click()
    expect(page.get_by_text("Report of 6 ended trials: working out what 3")).to_be_visible()
    assert not PAGE.search(page.url)
    (root / "go").write_text("")
    opened = follow(page, "Open the report of 6 ended trials")
    assert opened.locator("body").inner_text() == "1se"


def follow(page: Page, name: str) -> Page:
    """The report in a tab of its own, for it has no way back."""
    with page.context.expect_page(timeout=1000 * LIMIT) as opened:
        page.get_by_role("link", name=name, exact=True).click()
    opened.value.wait_for_url(PAGE)
    return opened.value
