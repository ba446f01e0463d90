"""The pages of jobs without a trial, with one, and with failures alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from peftsearch.records.job import JobState
from peftsearch.report.rendering import render_page
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.report.jobs import report_on
from tests.service.live import serve
from tests.service.records import Filler, lora
from tests.service.sites import open_site
from tests.specs import make_spec
from tests.waiting import LIMIT

WIDTH = 420
LONG = "unreadable: " + "x" * 300


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        jobs = {name: Filler.open(store, make_spec(name)) for name in ("none", "one", "failed")}
        jobs["one"].complete(lora(8), 0.7)
        jobs["failed"].fail(lora(8), LONG)
        for filler in jobs.values():
            store.set_state(filler.job.id, JobState.FINISHED)
    return url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_chromium() as browser:
        expect.set_options(timeout=1000 * LIMIT)
        yield browser


@pytest.fixture(scope="module")
def address(url: str) -> Iterator[str]:
    with serve(open_site(url)) as (address, _):
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    yield page
    page.close()


def test_a_job_that_ended_without_a_trial_promises_nothing(page: Page, address: str) -> None:
    page.goto(f"{address}/jobs/none")
    trials = page.locator("#trials")
    expect(trials.get_by_role("status")).to_have_text("No trials.")
    expect(trials.locator("table")).to_be_hidden()
    expect(trials.locator(".trial-filters")).to_be_hidden()
    expect(page.locator("#job-body")).not_to_contain_text("Once the front has a point")


def test_a_front_of_one_point_is_picked_and_has_no_knee(page: Page, address: str) -> None:
    page.goto(f"{address}/jobs/one")
    front = page.locator("#front")
    expect(front.locator(".legendtext", has_text="picked")).to_have_count(1)
    expect(front.locator(".textpoint")).to_have_count(0)
    expect(page.locator("#trials .trial-filters")).to_be_visible()


def test_a_long_word_of_a_failure_stays_within_the_window(
    page: Page, address: str, url: str
) -> None:
    page.goto(f"{address}/jobs/failed")
    expect(page.locator("#failures")).to_contain_text("xxx")
    words = page.locator("#trials .row-message")
    expect(words).to_be_visible()
    fits = "x => x.scrollWidth <= x.clientWidth"
    assert words.evaluate(fits)
    page.goto("about:blank")  # for the policy of the service's pages lets no other style act
    with Store.open(url) as store:
        page.set_content(render_page(report_on(store, job="failed")))
    expect(page.locator("body")).to_contain_text("xxx")
    assert page.locator("html").evaluate(fits)
