"""The page of a job with more than two objectives, in a real browser over the real API."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.records import PROBE, Filler, lora
from tests.service.sites import open_site
from tests.specs import make_spec

GOALS = {"maximise": ["f1"], "minimise": ["export_bytes", "training_seconds"]}
PANELS = "#pairs .cartesianlayer .subplot"


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[str]:
    """A service over two jobs of a dozen trials: `many` has four objectives, `two` has two."""
    url, rng = new_sqlite(), np.random.default_rng(0)
    with Store.open(url) as store, serve(open_site(url)) as (address, _):
        for name, goals in (("many", GOALS), ("two", {})):
            filler = Filler.open(store, make_spec(name, trials=100, objectives=goals))
            filler.complete(PROBE, 0.6, f1=0.5, training_seconds=3.0)
            for rank in (1, 2, 4, 8, 16, 32):
                for start in (0, 3):
                    quality, seconds = float(rng.uniform(0.5, 0.9)), float(rng.uniform(3, 30))
                    filler.complete(
                        lora(rank, start), quality, f1=quality**2, training_seconds=seconds
                    )
            filler.fail(lora(32))
        yield address


@pytest.fixture(scope="module")
def page(site: str) -> Iterator[Page]:
    """A page on which nothing may go wrong: no script error, no refused style."""
    with open_chromium() as browser:
        page, wrong = browser.new_page(), list[str]()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda x: wrong.append(x.text) if x.type == "error" else None)
        yield page
        assert not wrong


def test_each_pair_of_objectives_has_a_panel_that_follows_the_replay(
    page: Page, site: str
) -> None:
    page.goto(f"{site}/jobs/many")
    page.locator(PANELS).first.wait_for(state="attached")
    expect(page.locator(PANELS)).to_have_count(6)
    expect(page.locator("#pairs")).to_contain_text(
        "that nothing beats in accuracy, F1, file size and training time together"
    )
    page.locator("#replay-slider").fill("1")
    expect(page.locator("#pairs")).to_contain_text("1 point that nothing beats")
    page.locator("#pairs-colour").select_option("accuracy")
    page.get_by_role("button", name="Live").click()
    expect(page.locator("#pairs")).not_to_contain_text("1 point that nothing beats")


def test_tables_have_a_column_for_each_objective(page: Page, site: str) -> None:
    page.goto(f"{site}/jobs/many")
    page.locator(PANELS).first.wait_for(state="attached")
    expect(page.locator(PANELS)).to_have_count(6)
    page.locator("#pairs summary").click()
    heads = page.locator("#pairs thead th")
    expect(heads).to_contain_text(["Trials", "Accuracy", "F1", "File size", "Training time"])
    expect(page.locator("#trials thead th[data-name]")).to_contain_text(
        ["Trial", "Accuracy", "F1", "File size", "Training time", "Time in all"]
    )
    first = page.locator("#trials tbody tr").last
    expect(first).to_contain_text("0.5000")


def test_what_looks_beaten_is_explained(page: Page, site: str) -> None:
    page.goto(f"{site}/jobs/many")
    expect(page.locator("#front")).to_contain_text("a point that looks beaten here is better")
    page.locator("#front-cost").select_option("backward_depth")
    expect(page.locator("#front")).to_contain_text("This is the front for backward depth alone")


def test_two_objectives_have_no_panels(page: Page, site: str) -> None:
    page.goto(f"{site}/jobs/two")
    expect(page.locator("#front .main-svg").first).to_be_visible()
    expect(page.locator("#pairs")).to_be_hidden()
