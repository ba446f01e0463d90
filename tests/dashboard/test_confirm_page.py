"""Confirmations in a real browser: a forecast, consent, progress, the end, and what is kept."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from peftsearch.service.work.confirmer import Confirmer
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.confirming_program import PROGRAM
from tests.service.films import add_films
from tests.service.live import serve
from tests.service.records import fill_example
from tests.service.sites import open_site
from tests.waiting import LIMIT

WAIT = 1000 * LIMIT


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[tuple[str, Path]]:
    """Address of a service over the job `films`, and its folder of files."""
    url = new_sqlite()
    with Store.open(url) as store:
        add_films(store)
        fill_example(store)
    app = open_site(url)
    service = app.state.service
    confirmer = Confirmer(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    app.state.service = replace(service, confirmer=confirmer)
    service.settings.root.mkdir(exist_ok=True)
    with serve(app) as (address, _):
        yield address, service.settings.root
        confirmer.close()


def keep(root: Path, job: str, kind: str, content: dict[str, Any]) -> None:
    """A report beside a job, as a confirmation leaves it."""
    with Store.open(f"sqlite:///{root.with_suffix('.sqlite')}") as store:
        store.save_report(store.find_job(job).id, kind, content)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One for all tests, so that Plotly is read once."""
    with open_chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        yield page


def test_a_confirmation_begins_with_consent_and_is_kept(
    page: Page, site: tuple[str, Path]
) -> None:
    address, root = site
    page.goto(f"{address}/jobs/films/trials/4#confirm-title")
    page.get_by_label("Trainings of each").fill("1")
    page.get_by_role("button", name="Forecast").click()
    expect(page.get_by_label("Trainings of each")).to_have_attribute("aria-invalid", "true")
    told = page.get_by_text("Expected a whole number of at least 2, got 1.")
    expect(told).to_be_visible()
    page.get_by_label("Trainings of each").fill("a few")
    page.get_by_role("button", name="Forecast").click()
    expect(page.get_by_text("Expected a whole number, got 'a few'.")).to_be_visible()
    page.get_by_label("Trainings of each").fill("4")
    page.get_by_role("button", name="Forecast").click()
    start = page.get_by_role("button", name="Start the confirmation")
    expect(start).to_be_disabled(timeout=WAIT)
    consent = page.get_by_label("I agree that this uses up the second reading")
    consent.check()
    expect(start).to_be_enabled()
    page.get_by_label("Group the test rows by").fill("topic")
    expect(start).to_have_count(0)  # nobody agreed to what the form says now
    page.get_by_role("button", name="Forecast").click()
    consent.check()
    start.click()
    runs = page.get_by_role("list", name="Confirmations started here")
    expect(runs).to_contain_text("4 of 14 (21 %): training for the test split")
    (root / "go").write_text("")
    expect(runs).to_contain_text("In short: trial 4.")
    expect(runs).to_contain_text("reading 2 of the test split, intervals hold at 97.5 %")
    page.goto(f"{address}/jobs/films")
    expect(runs).to_contain_text("In short: trial 4.")
    page.get_by_role("button", name="Remove the confirmation of trial 4").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("In short: trial 4.")).to_have_count(0)


SHOWN = {"metric": "accuracy", "level": 0.95, "test_rows": 60, "seeds": [1, 2]}
ARM = {"name": "picked", "mean": 0.7, "values": [0.7, 0.7], "trainable_parameters": 9}


def test_what_a_confirmation_found_stands_once_on_the_page_of_the_job(
    page: Page, site: tuple[str, Path]
) -> None:
    address, root = site
    (root / "go").write_text("")
    where = f"{address}/api/v1/jobs/films/confirmations"
    assert page.request.post(where, data={"pick": "trial 3", "reading": 2}).status == 202
    page.goto(f"{address}/jobs/films")
    runs = page.get_by_role("list", name="Confirmations started here")
    expect(runs).to_contain_text("In short: trial 3.")
    arms = [ARM | {"description": "lora r8", "interval": [0.6789, 0.9876]}]
    found = SHOWN | {"arms": arms, "differences": [], "sentence": "In short: trial 3."}
    keep(root, "films", "confirm", found)
    page.reload()
    expect(runs).to_contain_text("What it found is told above.")
    expect(page.get_by_text("In short: trial 3.")).to_have_count(1)
    table = page.get_by_role("region", name="Arms of the comparison")
    expect(table).to_contain_text("0.6789 to 0.9876")


def test_of_a_point_and_a_front_the_last_reading_is_what_is_confirmed(
    page: Page, site: tuple[str, Path]
) -> None:
    address, root = site
    told = {"row": 1, "differences": [], "interval": [0.6543, 0.9753]}
    member = ARM | {"description": "the older"} | told
    older = SHOWN | {"front": [member], "verdict": "So it is.", "reading": {"number": 1}}
    later = SHOWN | {"arms": [ARM | {"description": "the later"}], "differences": []}
    keep(root, "job", "confirm", later | {"reading": {"number": 2, "created": 9.0}})
    keep(root, "job", "confirm-front", older)
    page.goto(f"{address}/jobs/job")
    expect(page.locator("#confirm-body")).to_contain_text("What is confirmed is the later.")
    expect(page.locator("#confirm-body")).to_contain_text("0.6543 to 0.9753")


def test_another_cost_has_a_front_of_its_own(page: Page, site: tuple[str, Path]) -> None:
    address, _ = site
    page.goto(f"{address}/jobs/job")
    front = page.locator("#front")
    chart = front.locator(".chart-plot")
    expect(chart).to_have_attribute("aria-label", re.compile("^The front has 3 points, "))
    page.get_by_label("Cost", exact=True).select_option("training_seconds")
    expect(chart).to_have_attribute(
        "aria-label", re.compile(r"^The front has 2 points, .* at 2 s to .* at 9 s ")
    )
    front.get_by_text("Show as a table").click()
    expect(front.get_by_role("link", name="1, 3")).to_have_count(1)
    page.get_by_label("Cost", exact=True).select_option("trainable_parameters")
    expect(chart).to_have_attribute("aria-label", re.compile("^The front has 3 points, "))


def test_a_confirmation_that_was_started_elsewhere_is_told(
    page: Page, site: tuple[str, Path]
) -> None:
    address, root = site
    page.goto(f"{address}/jobs/job")
    told = page.locator("#confirm-start").get_by_text(
        "A confirmation runs as process 7 on elsewhere"
    )
    with Store.open(f"sqlite:///{root.with_suffix('.sqlite')}") as store:
        name = "elsewhere-7-confirm"
        store.register_worker(store.find_job("job").id, name, "elsewhere", 7, "cpu", "confirm")
        expect(told).to_be_visible()
        found = SHOWN | {"arms": [], "differences": [], "sentence": "In short: elsewhere."}
        keep(root, "job", "confirm", found)
        store.unregister_worker(name)
    expect(told).to_have_count(0)
    expect(page.locator("#confirm-body")).to_contain_text("In short: elsewhere.")
