"""What the model knows, on a job's page in a real browser over the real API."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.records import Filler, fill_repeated, lora
from tests.service.sites import open_site

WAIT = 60_000
"""Milliseconds, of a busy machine."""
LISTEN = """window.told = {};
const ask = window.fetch;
window.fetch = async (...given) => {
  const answer = await ask(...given);
  const name = new URL(answer.url).pathname.split("/jobs/job/")[1];
  answer.clone().json().then(({ event }) => { told[name] = event; }, () => {});
  return answer;
};"""
"""Keeps of which event the latest answer to each question is."""
SLOW = ["front/expected", "front/predicted", "importance", "slices", "slices/pair"]
"""What the service computes aside, and answers meanwhile as of an older event."""


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[tuple[Page, Filler]]:
    """The page of a job with repeats, on which nothing may go wrong, and who adds trials."""
    wrong = list[str]()
    with Store.open(url := new_sqlite()) as store, open_chromium() as browser:
        filler = fill_repeated(store)
        with serve(open_site(url)) as (address, _):
            page = browser.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda x: wrong.append(x.text) if x.type == "error" else None)
            page.add_init_script(LISTEN)
            page.goto(f"{address}/jobs/job")
            yield page, filler
            page.close()  # before the service ends, of which it asks more
    assert not wrong


@pytest.fixture
def page(site: tuple[Page, Filler]) -> Page:
    return site[0]


def test_slices_are_drawn_once_they_are_seen(page: Page) -> None:
    panels = page.locator("#slices .subplot")
    expect(panels).to_have_count(0, timeout=WAIT)
    page.locator("#slices").scroll_into_view_if_needed()
    expect(page.locator("#slices .slices-words")).to_contain_text("lora", timeout=WAIT)
    expect(page.locator("#slices .slice-pair .heatmaplayer image")).to_have_count(1, timeout=WAIT)
    expect(page.locator("#slices figure").first.locator(".subplot")).to_have_count(6, timeout=WAIT)


def test_where_nothing_can_be_changed_another_point_can_be_chosen(page: Page) -> None:
    nothing = {"key": "0", "words": "frozen", "nearest": False, "lowest": 0.5, "slices": []}
    page.locator("#slices").scroll_into_view_if_needed()
    address, chooser = "**/slices?pick=knee", page.locator("#slices-pick")
    page.route(address, lambda route: route.fulfill(json={"found": nothing}))
    chooser.select_option("knee")
    expect(page.locator("#slices")).to_contain_text("can be changed alone", timeout=WAIT)
    expect(page.locator("#slices .slices-words")).to_be_hidden()
    page.unroute(address)
    chooser.select_option("best")
    expect(page.locator("#slices .slices-words")).to_contain_text("lora", timeout=WAIT)
    expect(page.locator("#slices")).not_to_contain_text("can be changed alone")


def test_a_job_of_many_trials_without_slices_says_what_it_lacks(page: Page) -> None:
    page.locator("#slices").scroll_into_view_if_needed()
    address, chooser = "**/slices?pick=knee", page.locator("#slices-pick")
    page.route(address, lambda route: route.fulfill(json={"found": None}))
    chooser.select_option("knee")
    expect(page.locator("#slices")).to_contain_text("but too few repeats", timeout=WAIT)
    page.unroute(address)
    chooser.evaluate("x => { x.value = 'best'; x.dispatchEvent(new Event('change')); }")
    expect(page.locator("#slices .slices-words")).to_contain_text("lora", timeout=WAIT)


def test_a_prediction_is_shown_on_request_and_never_else(page: Page) -> None:
    dashed = page.locator("#front .legendtext", has_text="predicted")
    expect(page.locator("#front .textpoint", has_text="knee")).to_have_count(1, timeout=WAIT)
    expect(dashed).to_have_count(0, timeout=WAIT)
    page.get_by_label("Predicted front").check()
    expect(dashed).to_have_count(1, timeout=WAIT)
    expect(page.locator("#front")).to_contain_text("a prediction, not a measurement", timeout=WAIT)
    page.get_by_label("Predicted front").uncheck()
    expect(dashed).to_have_count(0, timeout=WAIT)


def test_what_the_service_still_computes_is_asked_for_again(site: tuple[Page, Filler]) -> None:
    """It answers with an older state meanwhile, which stayed until a reload."""
    page, filler = site
    page.locator("#slices").scroll_into_view_if_needed()
    page.get_by_label("Predicted front").check()
    newest = "([names, event]) => names.every((name) => told[name] === event)"
    page.wait_for_function(newest, arg=[SLOW, 18], timeout=WAIT)
    event = filler.complete(lora(2, 1), 0.7)
    page.wait_for_function(newest, arg=[SLOW, event], timeout=WAIT)
