"""What a person does in a browser, from an empty database to an adapter at home."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Download, Page, expect

from peftsearch.results.wording import size
from peftsearch.storage.store import Store
from tests.service.records import fill_example
from tests.service.sites import TOKEN
from tests.specs import make_spec
from tests.storage.examples import make_unreadable

from .browser import Scheme, Visit, Visiting, browser, visit
from .conftest import write_data, write_model
from .dashboards import Dashboard, run_dashboard
from .programs import call, load_and_score

pytestmark = pytest.mark.slow

__all__ = ["browser", "visit"]

PAGES = [
    "/",
    "/new",
    "/workers",
    "/techniques",
    "/jobs/job",
    "/jobs/job/trials/2",
    "/jobs/job/trials/4",
    "/jobs/job/compare?trials=1,2",
    "/jobs/none",
]
NARROW = 400


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard over a job of six ended trials, of which one failed."""
    folder = tmp_path_factory.mktemp("recorded")
    with Store.open(f"sqlite:///{folder / 'peftsearch.db'}") as store:
        fill_example(store)
    with run_dashboard(folder) as dashboard:
        yield dashboard


def test_from_nothing_to_an_adapter(tmp_path: Path, visit: Visiting) -> None:
    """The three things that a person meets, without a reload and without a look at the help."""
    workshop = tmp_path / "workshop"
    write_model(workshop / "model", spread=0.1)
    write_data(workshop / "data.csv")
    with run_dashboard(tmp_path) as dashboard, visit(dashboard.url, dashboard.token) as visitor:
        launch(visitor, workshop)
        watch_it_grow(visitor)
        replay(visitor)
        trial, accuracy = pick_by_budget(visitor)
        download = export(visitor)
        assert f"trial-{trial}-" in download.suggested_filename
        assert score_download(download, workshop) == pytest.approx(accuracy, abs=0.12)
        assert visitor.is_marked()
        resume_stop_delete(visitor)


def launch(visitor: Visit, workshop: Path) -> None:
    """Find the form from the empty page; be told of a mistake beside its field; correct it."""
    page = visitor.page
    visitor.goto("/")
    expect(page.get_by_role("heading", name="No job yet")).to_be_visible()
    expect(page.get_by_role("link", name="Try the demo")).to_be_visible()
    visitor.tab_to("a[href='/new']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new")
    visitor.settle()
    # While one end of a range is typed, its job file cannot be written, and the page says so; a
    # busy machine has time to check what is half filled in.
    visitor.expected |= {(422, "/api/v1/specs/render"), (422, "/api/v1/check")}
    fill_form(page, workshop)
    trials = page.get_by_label("Trials", exact=True)
    trials.fill("many")
    visitor.expected.add((422, "/api/v1/jobs"))
    page.get_by_role("button", name="Launch").click()
    mistake = page.locator("#field-budget-trials-mistake")
    expect(mistake).to_contain_text("Expected a whole number, got 'many'")
    expect(trials).to_be_focused()
    expect(trials).to_have_accessible_description(re.compile("Expected a whole number"))
    trials.fill("6")
    expect(mistake).to_be_empty()
    check(page)
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/jobs/tiny")


def check(page: Page) -> None:
    """What the data is, and then what the job would come to; nothing is launched by it."""
    page.get_by_role("button", name="Check").click()
    told = page.locator("#launch-result")
    expect(told).to_contain_text("Ready to launch.")
    expect(told).to_contain_text("training rows")
    expect(told).to_contain_text("6 trials")
    expect(told.locator(".loading")).to_have_count(0)


def fill_form(page: Page, workshop: Path) -> None:
    """A job of the workshop's model and data, also in groups that are closed at first."""
    page.get_by_label("Name of the job").fill("tiny")
    page.get_by_label("Model (needed)").fill(str(workshop / "model"))
    page.get_by_label("Training data").fill(str(workshop / "data.csv"))
    page.locator("#group-training > summary").press("Enter")
    page.get_by_label("Epochs").fill("4")
    page.locator("#group-space > summary").press("Enter")
    page.get_by_label("Learning rates, lowest").fill("5e-3")
    page.get_by_label("Learning rates, highest").fill("0.05")
    page.get_by_label("Device").select_option("cpu")


def watch_it_grow(visitor: Visit) -> None:
    """Trials come into the page that was opened before the first of them ended."""
    page = visitor.page
    visitor.mark()
    rows = page.locator("#trials tbody tr")
    expect(rows.filter(has_text=re.compile("completed|on the front"))).not_to_have_count(0)
    expect(page.locator("#front .js-plotly-plot .main-svg").first).to_be_visible()
    expect(page.locator("#job-state")).to_have_text("finished")
    expect(rows).to_have_count(6)
    expect(page.locator("#job-facts")).to_contain_text(
        re.compile("[0-9] KB, one for all adapters")
    )
    assert visitor.is_marked()


def replay(visitor: Visit) -> None:
    """By the arrow keys back to the past and forward again."""
    page = visitor.page
    slider, words = page.locator("#replay-slider"), page.locator(".replay-text")
    expect(words).to_contain_text("after 6 trials")
    slider.focus()
    page.keyboard.press("Home")
    expect(words).to_contain_text("before the first trial")
    page.keyboard.press("ArrowRight")
    expect(words).to_contain_text("after 1 trial,")
    expect(words).to_contain_text("1 point on the front")
    page.keyboard.press("End")
    expect(words).to_contain_text("Now: after 6 trials")


def pick_by_budget(visitor: Visit) -> tuple[int, float]:
    """The tightest limit by the keyboard, then the best of all: the trial, and its accuracy."""
    page = visitor.page
    page.get_by_label("Limit on trainable parameters").focus()
    cheapest = picked(page, "trainable_parameters", lambda: page.keyboard.press("Home"))
    assert "trainable_parameters <=" in cheapest["pick"]
    limited = page.get_by_role("button", name="Within my limits")
    expect(limited).to_have_attribute("aria-pressed", "true")
    button = page.get_by_role("button", name="Best quality")
    best = picked(page, "best", lambda: button.press("Enter"))
    accuracy = float(best["point"]["values"]["accuracy"])
    assert accuracy >= max(0.6, cheapest["point"]["values"]["accuracy"])
    return int(best["trial"]), accuracy


def picked(page: Page, wanted: str, act: Callable[[], None]) -> Any:
    """What the service answers to a pick with that word; the page tells it."""
    with page.expect_response(re.compile(f"/pick[?].*{wanted}")) as answered:
        act()
    found = answered.value.json()
    answer = page.locator(".pick-answer")
    expect(answer.locator(".pick-head")).to_contain_text(f"trial {found['trial']}")
    expect(answer.locator(".pick-costs")).to_contain_text(re.compile("frozen base[0-9.]+ KB"))
    expect(answer.locator(".pick-words")).to_have_text(found["point"]["description"])
    return found


def export(visitor: Visit) -> Download:
    """Export what was picked; the archive comes when it has been checked."""
    page = visitor.page
    page.get_by_role("button", name="Export adapter").click()
    link = page.get_by_role("link", name="Download the export")
    expect(link).to_be_visible()
    expect(page.locator(".export .run-message")).to_contain_text("Reloaded")
    with page.expect_download() as download:
        link.click()
    told = f"Download {size(download.value.path().stat().st_size)} (adapter "
    expect(link).to_contain_text(told)
    return download.value


def score_download(download: Download, workshop: Path) -> float:
    """Unpack it, load it in a process of its own, and predict: the accuracy on all rows."""
    home = workshop.with_name("home")
    with zipfile.ZipFile(download.path()) as packed:
        packed.extractall(home)
    (adapter,) = home.iterdir()
    assert (adapter / "README.md").is_file()
    return load_and_score(workshop, adapter)


def resume_stop_delete(visitor: Visit) -> None:
    """A larger budget lets it go on; it is stopped and then gone."""
    page = visitor.page
    state = page.locator("#job-state")
    page.get_by_role("button", name="Resume tiny").click()
    page.get_by_label("Budget of trials").fill("500")
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(state).to_have_text("running")
    expect(page.locator("#trials tbody tr")).not_to_have_count(6)
    page.get_by_role("button", name="Stop tiny").press("Enter")
    expect(state).to_have_text("stopped")
    page.get_by_role("button", name="Delete tiny").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url(visitor.url + "/")
    expect(page.get_by_role("heading", name="No job yet")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_telephone(recorded: Dashboard, visit: Visiting, scheme: Scheme) -> None:
    """Without scrolling sideways; the scheme of the system is that of the page."""
    with visit(recorded.url, recorded.token, width=NARROW, scheme=scheme) as visitor:
        visitor.expected |= {(404, "/jobs/none")}
        for path in PAGES:
            visitor.goto(path)
            assert visitor.overflow() <= 0, path
            assert is_dark(visitor.page) is (scheme == "dark"), path
            expect(visitor.page.locator("h1")).to_have_count(1)


def is_dark(page: Page) -> bool:
    """Whether what is to be seen is dark on the whole."""
    seen = Image.open(io.BytesIO(page.screenshot())).convert("L")
    return ImageStat.Stat(seen).mean[0] < 128


def test_the_theme_can_be_chosen(recorded: Dashboard, visit: Visiting) -> None:
    with visit(recorded.url, recorded.token) as visitor:
        visitor.goto("/jobs/job")
        toggle = visitor.page.locator("#theme-toggle")
        toggle.click()
        toggle.click()
        assert is_dark(visitor.page)
        visitor.page.reload()
        visitor.settle()
        assert is_dark(visitor.page)


def test_tables_do_not_wait_for_their_charts(recorded: Dashboard, visit: Visiting) -> None:
    """The library that draws never comes; each table is there all the same."""
    with visit(recorded.url, recorded.token) as visitor:
        page = visitor.page
        page.route("**/plotly*", lambda route: None)
        page.goto(f"{visitor.url}/jobs/job")
        expect(page.locator("#front .chart-table summary")).to_be_visible()
        opened = page.locator(".chart-table summary:visible").all()
        for summary in opened:
            summary.click()
        expect(page.locator("#front figure table tbody tr")).not_to_have_count(0)
        expect(page.locator(".chart-table[open] table")).to_have_count(len(opened))
        page.unroute_all(behavior="ignoreErrors")


def test_a_job_is_read_by_keyboard(recorded: Dashboard, visit: Visiting) -> None:
    """Skip the head, sort the trials, compare two, read the chart as a table."""
    with visit(recorded.url, recorded.token) as visitor:
        page = visitor.page
        visitor.goto("/jobs/job")
        visitor.tab_to("a.skip")
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        visitor.tab_to("#front summary")
        page.keyboard.press("Enter")
        expect(page.locator("#front table")).to_be_visible()
        visitor.tab_to("[data-name=accuracy] .sort")
        page.keyboard.press("Enter")
        expect(page.locator("#trials tbody tr").first).to_contain_text("0.8000")
        for number in (2, 0):
            visitor.tab_to(f"input[aria-label='Compare trial {number}']")
            page.keyboard.press("Space")
        visitor.tab_to("a[href*='/compare?']", "Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/compare?trials=*")
        expect(page.locator("#comparison")).to_be_visible()


def test_a_job_that_cannot_be_read_here_says_why_on_its_card(
    tmp_path: Path, visit: Visiting
) -> None:
    """Beside one that can; what its spec holds stays text, and it can be stopped and deleted."""
    url = f"sqlite:///{tmp_path / 'peftsearch.db'}"
    with Store.open(url) as store:
        fill_example(store)
        store.create_job(make_spec("strange"))
    make_unreadable(url, "strange")
    with (
        run_dashboard(tmp_path) as dashboard,
        visit(dashboard.url, dashboard.token, width=NARROW) as visitor,
    ):
        visitor.goto("/")
        card = visitor.page.locator("[data-job=strange]")
        expect(card).to_contain_text("got '<b>grades</b>'; install or update the package")
        expect(card.get_by_role("button")).to_have_text(["Stop"])
        expect(visitor.page.locator("[data-job=job]")).to_contain_text("0.80")
        assert visitor.overflow() <= 0
        card.get_by_role("button", name="Stop").click()
        card.get_by_role("button", name="Delete").click()
        visitor.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(card).to_have_count(0)


def test_a_token_guards_every_address(tmp_path: Path, visit: Visiting) -> None:
    """Other machines can reach it: without a token it does not start; with one, one logs in."""
    refused = call("dashboard", "--host", "0.0.0.0", "--port", "0", folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: expected a token")
    assert refused.stderr.count("\n") == 1
    (tmp_path / "token").write_text(TOKEN)
    options = ("--host", "0.0.0.0", "--token-file", tmp_path / "token")
    with run_dashboard(tmp_path, *options, token=TOKEN) as dashboard:
        assert dashboard.ask("/jobs") == {"jobs": [], "total": 0}
        with visit(dashboard.url) as visitor:
            log_in_and_out(visitor)


def log_in_and_out(visitor: Visit) -> None:
    """By a wrong token, then the right one; afterwards the cookie is worth nothing."""
    page = visitor.page
    visitor.goto("/techniques")
    expect(page).to_have_url(re.compile("/login"))
    visitor.expected.add((401, "/login"))
    for token in ("wrong-wrong-wrong-wrong", TOKEN):
        page.get_by_label("Token").fill(token)
        page.keyboard.press("Enter")
        if token != TOKEN:
            expect(page.get_by_role("alert").filter(has_text="token")).to_be_visible()
    page.wait_for_url("**/techniques")
    assert TOKEN not in str(page.context.cookies())
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    visitor.goto("/")
    expect(page).to_have_url(re.compile("/login"))
