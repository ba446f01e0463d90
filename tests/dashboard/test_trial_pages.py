"""The pages of one trial and of two, in a real browser over the real API."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from peftsearch.insight.layers import layer_map
from peftsearch.records.trial import Proposal, Reasons
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.storage.store import Store
from tests.anatomies import BERT
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.records import PROBE, Filler, lora
from tests.service.sites import open_site
from tests.storage.examples import insert

BITFIT = Module("bitfit")
MIXED = Configuration(
    (
        Stratum(0, 2),
        Stratum(2, 4, (BITFIT,)),
        Stratum(4, 6, (BITFIT, Module("dora", 8, ("query",), 3.0), Module("serial", 4)), (5,)),
    ),
    0.0023713737056616554,
)
LONG = "a long " + "word " * 150 + "at last"
NARROW = {"width": 400, "height": 800}


@dataclass(frozen=True)
class Site:
    """A running service over a job with seven trials: 0 the probe, 1 and 2 one configuration, 3
    mixed, 4 failed, 5 queued, 6 proposed by the model."""

    address: str
    filler: Filler

    def visit(self, page: Page, path: str) -> None:
        """Open a page of the job and wait until it shows its data."""
        page.goto(f"{self.address}/jobs/{self.filler.job.name}{path}")
        page.wait_for_selector("#trial:not([hidden]), #comparison:not([hidden])")


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[Site]:
    url = new_sqlite()
    with Store.open(url) as store, serve(open_site(url)) as (address, _):
        filler = Filler.open(store)
        filler.complete(PROBE, 0.60)
        filler.complete(lora(8), 0.80)
        filler.complete(lora(8), 0.82)
        filler.complete(MIXED, 0.70)
        filler.fail(lora(32), "no memory for <64> rows")
        filler.queue(lora(2))
        costs = {"trainable_parameters": float(trainable_parameters(lora(4), BERT))}
        reasons = Reasons(0.02, 3, (lora(8).key,))
        insert(store, filler.job.id, [Proposal(lora(4), 9, "search", reasons=reasons)], [costs])
        yield Site(address, filler)


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    """One for all tests, so that Plotly is read once."""
    with open_chromium() as browser:
        yield browser.new_context()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may go wrong: no script error, no refused resource."""
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    yield page
    page.close()
    assert not wrong


def test_a_trial_links_what_was_most_like_it(site: Site, page: Page) -> None:
    site.visit(page, "/trials/6")
    rows = page.locator("#reasons tbody tr").all_text_contents()
    assert [x.split("0-5")[0] for x in rows] == ["thisnot known yet36,864", "10.810073,728"]
    page.locator("#reasons a").first.click()
    page.wait_for_url("**/trials/1")


def test_the_map_draws_every_module_once(site: Site, page: Page) -> None:
    site.visit(page, "/trials/3")
    layers = layer_map(MIXED, BERT)["layers"]
    cells = [
        f"{layer['index']}:{column}:{module['group']}"
        for layer in layers
        for module in layer["modules"]
        for column in module["columns"]
    ]
    drawn = page.eval_on_selector_all(
        ".map-module",
        """found => found.map((x) => {
          const { layer, column } = x.parentElement.dataset;
          return `${layer}:${column}:${x.dataset.group}`;
        })""",
    )
    assert sorted(drawn) == sorted(cells)
    assert page.locator(".map-boundary text").all_text_contents() == ["4", "2"]
    assert page.locator("#map details tbody tr").count() == BERT.layers


def test_arrow_keys_read_the_map(site: Site, page: Page) -> None:
    site.visit(page, "/trials/3")
    page.focus(".map-canvas")
    page.keyboard.press("ArrowDown")
    readout = page.locator(".map-readout")
    words = "Layer 5, attention query: dora, rank 8, rate × 3, "
    assert readout.inner_text() == f"{words}6,528 parameters"
    page.keyboard.press("ArrowDown")
    assert readout.inner_text() == "Layer 4, attention query: frozen"


def test_the_job_file_says_the_same_configuration(site: Site, page: Page) -> None:
    site.visit(page, "/trials/3")
    shown = page.locator("#reuse pre").last.inner_text()
    (given,) = tomllib.loads(shown)["try"]
    assert Configuration.from_json(given).key == MIXED.key


def test_a_trial_stands_beside_the_front(site: Site, page: Page) -> None:
    site.visit(page, "/trials/1")
    words = page.inner_text("#quality")
    assert "Better than the linear probe by 0.2000 (trial 0)." in words
    assert "with other seeds: trial 2. The front holds the mean of all 2: 0.8100." in words


def test_a_failed_trial_says_why(site: Site, page: Page) -> None:
    site.visit(page, "/trials/4")
    assert page.inner_text("#notice") == "Failed: out of memory\n\nno memory for <64> rows"
    assert page.inner_text("body").count("no memory for <64> rows") == 1
    assert not page.is_visible("#costs")


def lengthen(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"message": LONG})


def test_a_long_message_is_folded(site: Site, page: Page) -> None:
    page.route("**/api/v1/**/trials/4", lengthen)
    site.visit(page, "/trials/4")
    words = page.locator(".trial-message")
    assert words.inner_text().endswith("word …") and len(words.inner_text()) < 260
    words.locator("summary").click()
    shown = page.inner_text(".trial-message").replace("…", " ").split()
    assert shown == LONG.split()


def test_a_queued_trial_completes_without_a_reload(site: Site, page: Page) -> None:
    site.visit(page, "/trials/5")
    assert "Queued" in page.inner_text("#state")
    page.evaluate("window.same = true")
    site.filler.end(0.77)
    page.wait_for_selector("#state >> text=Completed")
    assert page.evaluate("window.same")
    assert "0.7700" in page.inner_text("#quality")
    site.visit(page, "/trials/3")
    beaten = "Not on the front: trial 5 is better by 0.0700 with trainable parameters of 18,432."
    assert beaten in page.inner_text("#quality")


def test_keys_lead_to_the_neighbours(site: Site, page: Page) -> None:
    site.visit(page, "/trials/1")
    page.keyboard.press("j")
    page.wait_for_url("**/trials/2")
    page.wait_for_selector("#previous:not([hidden])")
    page.keyboard.press("k")
    page.wait_for_url("**/trials/1")


def test_a_comparison_marks_what_differs_and_what_is_better(site: Site, page: Page) -> None:
    site.visit(page, "/compare?trials=1,3")
    marked = page.locator("#left-map .map-unlike")
    # LoRA on queries and values everywhere against biases of 2, 3, 5, and queries, modules of 5.
    assert marked.count() == 6 + 6 + 3 + 1
    assert page.locator("#right-map .map-unlike").count() == 16
    # One frame for each run of layers; the boundaries at 2 and 4 cut them.
    assert page.locator("#right-map .map-differs").count() == 3 + 3 + 2 + 1
    better = page.locator("#values tr:has(.better)").evaluate_all(
        "rows => rows.map((x) => [x.cells[0].innerText, x.cells[1].className.includes('better')])"
    )
    assert dict(better)["Accuracy"] is True
    assert dict(better)["Trainable parameters"] is False
    page.click("#swap")
    page.wait_for_url("**trials=3,1")


def test_a_comparison_names_no_winner_within_noise(site: Site, page: Page) -> None:
    """Of 400 rows .80 and .82 have standard errors of .02 each: .028 together."""
    site.visit(page, "/compare?trials=1,2")
    row = page.locator("#values tr", has=page.locator("th", has_text="Accuracy"))
    assert "+0.0200, within noise" in row.inner_text()
    assert row.locator(".better").count() == 0


@pytest.mark.parametrize("path", ["/trials/3", "/trials/4", "/compare?trials=1,3"])
def test_narrow_pages_do_not_scroll_sideways(site: Site, page: Page, path: str) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    site.visit(page, path)
    page.wait_for_selector(".map-svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_name_and_a_note_are_written_and_shown_as_text(site: Site, page: Page) -> None:
    site.visit(page, "/trials/3")
    page.get_by_role("button", name="Name it or write a note").click()
    page.get_by_label("Note", exact=True).fill("<img src=x onerror=alert(1)>")
    page.get_by_label("Name", exact=True).fill("mixed one")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("means this trial").wait_for()
    assert page.locator("h1").inner_text() == "Trial 3 “mixed one”"
    assert page.locator(".note-text").inner_text() == "<img src=x onerror=alert(1)>"
    page.goto(f"{site.address}/jobs/{site.filler.job.name}")
    row = page.locator(".trials tbody tr", has_text="mixed one")
    row.wait_for()
    assert "<img" in row.locator(".row-note").inner_text()
