"""The Workers page in a real browser: it tells what each state is."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal
from peftsearch.records.worker import AWAITING_STORE
from peftsearch.service.context import Service
from peftsearch.service.work.confirmer import Asked, Confirmer
from peftsearch.service.work.supervisor import Supervisor
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.confirming_program import PROGRAM
from tests.service.live import serve
from tests.service.pools import SHORT, SLEEP
from tests.service.records import lora
from tests.service.sites import open_site
from tests.specs import make_spec
from tests.storage.examples import claim, insert
from tests.waiting import LIMIT


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_chromium() as browser:
        expect.set_options(timeout=1000 * LIMIT)
        yield browser.new_page()


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    with Store.open(new_sqlite()) as store:
        yield store


@pytest.fixture
def job(store: Store) -> Job:
    return store.create_job(make_spec("films"))


@pytest.fixture
def site(store: Store, job: Job) -> Iterator[tuple[str, Service]]:
    """Its address, with pools that only sleep and confirmations by a stand-in."""
    app = open_site(store.url)
    service = app.state.service
    supervisor = Supervisor(
        service.settings, lambda name: True, (sys.executable, "-S", "-c", SLEEP), SHORT
    )
    confirmer = Confirmer(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    service = app.state.service = replace(service, supervisor=supervisor, confirmer=confirmer)
    with serve(app) as (address, _):
        yield address, service
        supervisor.close()
        confirmer.close()


def test_workers_that_start_and_prepare_are_told_as_such(
    page: Page, site: tuple[str, Service], store: Store, job: Job
) -> None:
    address, service = site
    page.goto(f"{address}/workers")
    expect(page.locator("#live-none")).to_be_visible()
    with service.supervisor.place("films") as begin:
        begin(job.uid, 2, "cpu")
    coming = page.locator("#live-coming")
    expect(coming).to_have_text("2 workers start: the model and the data are being loaded.")
    expect(page.locator("#live-none")).to_be_hidden()
    pool = page.locator("#pool-rows li")
    expect(pool).to_contain_text("2 workers on cpu, loading the model and the data, started")
    store.register_worker(job.id, "one", "elsewhere", 7, "cpu")
    store.take_suggestion_lease(job.id, "one", 600.0)
    row = page.locator("[data-worker='one']")
    expect(row).to_contain_text("prepares: measures what needs no adapter")
    expect(pool).to_contain_text("2 workers on cpu, 1 loading the model and the data")
    store.register_worker(job.id, "two", "elsewhere", 8, "cpu")
    expect(page.locator("[data-worker='two']")).to_contain_text("waits for the preparation")
    expect(pool).to_contain_text(re.compile("2 workers on cpu, started"))
    expect(page.locator("#workers-count")).to_have_text("2 workers at work, 0 with a trial")


def test_a_confirmation_is_told_before_it_is_heard_of(
    page: Page, site: tuple[str, Service], store: Store, job: Job
) -> None:
    address, service = site
    page.goto(f"{address}/workers")
    expect(page.locator("#live-none")).to_be_visible()
    service.confirmer.start(job, Asked("trial 4", "lora", 4, None, None), "cpu", 1)
    program = page.locator("#pool-rows li")
    expect(program).to_contain_text("confirmation, started")
    expect(program).to_contain_text("Training for the test split: lora.")
    expect(page.locator("#live-coming")).to_contain_text("No worker searches now.")
    store.register_worker(job.id, "host-1-confirm", "elsewhere", 1, "cpu", "confirm")
    expect(page.locator("[data-worker='host-1-confirm']")).to_contain_text("runs confirm")
    expect(page.locator("#workers-count")).to_have_text("")


def test_who_waits_for_the_artefact_store_is_told_as_such(
    page: Page, site: tuple[str, Service], store: Store, job: Job
) -> None:
    address, _ = site
    insert(store, job.id, [Proposal(lora(2), 0, "try")])
    store.register_worker(job.id, "one", "elsewhere", 7, "cpu")
    claim(store, job.id, "one")
    store.heartbeat("one", *AWAITING_STORE)
    page.goto(f"{address}/workers")
    expect(page.locator("[data-worker='one']")).to_contain_text("waits for the artefact store")
    for path in ("", "/trials/0"):
        page.goto(f"{address}/jobs/{job.name}{path}", wait_until="commit")
        expect(page.locator("body")).to_contain_text("waits for the artefact store")
