"""Exports in a real browser: what is wished of probabilities, mistakes, and the list."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from peftsearch.results.wording import size
from peftsearch.service.work.exporter import Exporter
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.exporting_program import PROGRAM
from tests.service.films import add_films
from tests.service.live import serve
from tests.service.records import Filler, lora
from tests.service.sites import open_site
from tests.specs import make_spec
from tests.waiting import LIMIT

REGRESSION = {"train": "train.csv", "kind": "regression"}


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[tuple[str, Path]]:
    """Address of a service over the jobs `films` and `scores`, and its folder of files."""
    url = new_sqlite()
    with Store.open(url) as store:
        add_films(store)
        Filler.open(store, make_spec("scores", task=REGRESSION)).complete(
            lora(2), 0.5, pearson=0.5
        )
    app = open_site(url)
    service = app.state.service
    exporter = Exporter(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    app.state.service = replace(service, exporter=exporter)
    with serve(app) as (address, _):
        yield address, service.settings.root
        exporter.close()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One for all tests, so that Plotly is read once."""
    with open_chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(1000 * LIMIT)
        expect.set_options(timeout=1000 * LIMIT)
        yield page


def test_a_precision_is_wished_and_a_wrong_one_is_marked(
    page: Page, site: tuple[str, Path]
) -> None:
    address, root = site
    page.goto(f"{address}/jobs/films/trials/4")
    wished = page.get_by_label("Wished precision")
    wished.fill("90")
    page.get_by_role("button", name="Export trial 4").click()
    expect(wished).to_have_attribute("aria-invalid", "true")
    wished.fill("0.9")
    page.get_by_label("Calibrated").check()
    page.get_by_role("button", name="Export trial 4").click()
    made = page.get_by_role("list", name="Exports")
    expect(made).to_contain_text("precision 0.9, calibrated")
    expect(wished).not_to_have_attribute("aria-invalid", "true")
    root.mkdir(exist_ok=True)
    (root / "go").write_text("")
    expect(made).to_contain_text("Ready")
    expect(made).to_contain_text("Asked for --precision.")
    (archive,) = root.rglob("archive.zip")
    told = f"Download {size(archive.stat().st_size)} (adapter {size(1000)})"
    expect(made.get_by_role("link", name="Download the export")).to_have_text(told)
    page.get_by_role("button", name="Delete the export of trial 4").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing has been exported here yet.")).to_be_visible()


def test_a_task_without_classes_offers_no_probabilities(
    page: Page, site: tuple[str, Path]
) -> None:
    page.goto(f"{site[0]}/jobs/scores/trials/0")
    expect(page.get_by_role("button", name="Export trial 0")).to_be_visible()
    expect(page.get_by_label("Wished precision")).to_have_count(0)
