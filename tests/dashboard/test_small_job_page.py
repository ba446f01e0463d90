"""The page of a job of few trials: nothing is empty, cut off, or in the way of the pick."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Text, cast, create_engine
from sqlalchemy.pool import NullPool

from peftsearch.records.job import JobState
from peftsearch.service.streams.watcher import Watcher
from peftsearch.service.work.supervisor import Supervisor
from peftsearch.storage.schema import trials
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.pools import SHORT
from tests.service.records import fill_example
from tests.service.sites import open_site
from tests.waiting import LIMIT


@pytest.fixture(scope="module")
def page(new_sqlite: NewDatabase) -> Iterator[Page]:
    """That of a finished job on which two workers of this dashboard had worked."""
    with Store.open(new_sqlite()) as store:
        job = fill_example(store).job
        store.set_state(job.id, JobState.FINISHED)
        app = open_site(store.url)
    service = app.state.service
    program = (sys.executable, "-S", "-c", "pass")
    supervisor = Supervisor(service.settings, lambda name: False, program, SHORT)
    watcher = Watcher(service.stores, service.histories, supervisor.pools)
    app.state.service = replace(service, supervisor=supervisor, watcher=watcher)
    with supervisor.place("job") as begin:
        begin(job.uid, 2, "cpu")
    with serve(app) as (address, _), open_chromium() as browser:
        expect.set_options(timeout=1000 * LIMIT)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/jobs/job")
        yield page
    supervisor.close()


def test_what_too_few_trials_cannot_tell_says_how_many_it_takes(page: Page) -> None:
    slices = page.locator("#slices")
    expect(slices).to_contain_text("Shown from 15 completed trials with two repeats on")
    expect(slices).to_contain_text("this job has 5")


def test_an_empty_table_leaves_the_lines_the_whole_width(page: Page) -> None:
    expect(page.locator("#importance")).to_contain_text("too few to tell which parameters matter")
    wide = [page.locator(x).bounding_box() for x in ("#parallel", "#progress")]
    assert wide[0] is not None and wide[1] is not None
    assert wide[0]["width"] == pytest.approx(wide[1]["width"], abs=1)


def test_limits_on_what_is_no_goal_are_closed_until_one_is_set(page: Page) -> None:
    picker = page.locator("#picker")
    others = picker.locator("details")
    expect(picker.get_by_label("Limit on trainable parameters")).to_be_visible()
    expect(others.locator("summary")).to_have_text("Limits on other costs none set")
    expect(others.get_by_label("Limit on training time")).to_be_hidden()
    others.locator("summary").click()
    others.get_by_label("Largest training time").fill("3 s")
    others.get_by_label("Largest training time").press("Enter")
    expect(others.locator("summary")).to_have_text("Limits on other costs 1 set")
    expect(picker.locator(".command")).to_contain_text("training_seconds <= 3 s")


def test_a_command_is_shown_whole(page: Page) -> None:
    code = page.locator("#picker .command code")
    expect(code).to_contain_text("--out job-adapter")
    fits = "x => x.scrollWidth <= x.clientWidth && getComputedStyle(x).overflowX == 'visible'"
    assert code.evaluate(fits)


def test_the_head_of_a_column_of_words_makes_no_table_wider(page: Page) -> None:
    head = page.locator("#trials th", has_text="Configuration, layers")
    assert head.evaluate("x => getComputedStyle(x).whiteSpace") == "normal"
    table = page.get_by_label("Table of trials")
    fits = "x => x.scrollWidth <= x.clientWidth"
    assert table.evaluate(fits)
    page.set_viewport_size({"width": 820, "height": 1180})
    assert table.evaluate(fits)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_as_many_workers_are_proposed_as_there_were(page: Page) -> None:
    page.get_by_role("button", name="Resume job").click()
    expect(page.get_by_label("Workers", exact=True)).to_have_value("2")
    expect(page.get_by_label("Device")).to_have_value("cpu")
    page.get_by_role("button", name="Cancel").click()


def test_of_a_run_in_a_terminal_too(page: Page, new_sqlite: NewDatabase) -> None:
    """By who ended its last trials: three at once."""
    with Store.open(new_sqlite()) as store:
        job = fill_example(store).job
        store.set_state(job.id, JobState.FINISHED)
        names = {"worker": "host-7-" + cast(trials.c.number % 3, Text)}
        times = {"claimed_at": 100.0 + trials.c.number, "ended_at": 103.0 + trials.c.number}
        with create_engine(store.url, poolclass=NullPool).begin() as connection:
            connection.execute(trials.update().values(names | times))
        app = open_site(store.url)
    with serve(app) as (address, _):
        for path in ("/jobs/job", "/"):
            page.goto(f"{address}{path}")
            page.get_by_role("button", name="Resume job").click()
            expect(page.get_by_label("Workers", exact=True)).to_have_value("3")
