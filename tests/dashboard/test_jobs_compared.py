"""The pages of two jobs and of jobs that ended, in a real browser over the real API."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from peftsearch.records.job import JobState
from peftsearch.storage.store import Store
from tests.chromium import LOADED, open_chromium
from tests.conftest import NewDatabase
from tests.service.compared import fill_job, fill_pair
from tests.service.live import serve
from tests.service.records import PROBE, Filler, lora
from tests.service.sites import open_site
from tests.specs import make_spec


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[str]:
    """The address of a service over two jobs to compare, and some that ended early."""
    url = new_sqlite()
    with Store.open(url) as store, serve(open_site(url)) as (address, _):
        fill_pair(store, 0.15)
        fill_job(store, "elsewhere", [(PROBE, 0.6), (lora(8), 0.95)], {"data": "b" * 64})
        ended = Filler.open(store, make_spec("ended", budget={"trials": 24, "hours": 1e-9}))
        for configuration in (PROBE, lora(4), lora(8)):
            ended.queue(configuration)
        ended.end(0.6)
        ended.end(0.7)
        store.set_state(ended.job.id, JobState.FINISHED)
        failed = Filler.open(store, make_spec("failed", trials=1))
        failed.fail(lora(2))
        store.set_state(failed.job.id, JobState.FINISHED)
        yield address


@pytest.fixture
def page() -> Iterator[Page]:
    """A page on which nothing may go wrong."""
    with open_chromium() as browser:
        page, wrong = browser.new_page(), list[str]()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda x: wrong.append(x.text) if x.type == "error" else None)
        yield page
        page.close()
        assert not wrong


def test_two_jobs_are_chosen_from_the_list_and_compared(site: str, page: Page) -> None:
    page.goto(site)
    for name in ("one", "other"):
        page.get_by_label(f"Compare {name}", exact=True).check()
    page.get_by_role("link", name="Compare one with other").click()
    page.get_by_text("other leads by 0.1500 accuracy").wait_for()
    page.locator("#fronts .main-svg").first.wait_for()
    assert page.locator("#facts td", has_text="✓").inner_text() == "0.9000 ± 0.0152 ✓ by trial 2"
    assert page.locator("#settings tbody tr").all_inner_texts() == ["training.epochs\tnone\t3.0"]
    page.locator("#cost").select_option("training_seconds")
    page.wait_for_url("**cost=training_seconds")
    page.get_by_role("button", name="Swap").click()
    page.wait_for_url("**jobs=other,one*")


def test_jobs_of_other_data_have_no_winner(site: str, page: Page) -> None:
    page.goto(f"{site}/compare?jobs=one,elsewhere")
    page.get_by_text("No winner is named: their data differ").wait_for()
    assert "✓" not in page.locator("#facts").inner_text()
    assert "Hypervolume" not in page.locator("#facts").inner_text()


def test_a_finished_job_tells_one_story(site: str, page: Page) -> None:
    page.goto(site)
    card = page.locator('[data-job="ended"]')
    card.wait_for()
    assert card.locator('[data-part="progress"]').inner_text() == "2 trials done"
    done = card.locator(".bar-done").evaluate("x => x.style.width")
    assert done == "100%"
    told = page.locator('[data-job="failed"] [data-part="best"]').inner_text()
    assert told == "No result: every trial has failed."
    page.goto(f"{site}/jobs/ended")
    page.wait_for_function(LOADED)
    row = page.locator(".trials tbody tr").first
    row.wait_for()
    assert row.locator(".badge").inner_text() == "not started (the job ended)"
    page.goto(f"{site}/jobs/ended/trials/2")
    page.get_by_text("Not started (the job ended). Resumed, it goes on").wait_for()


def test_what_is_fetched_again_outlives_an_error(site: str, page: Page) -> None:
    page.goto(site)
    page.wait_for_function(LOADED)
    calls = page.evaluate("""async () => {
      const { refresher } = await import('/static/lib/refresh.js');
      let calls = 0;
      const refresh = refresher(async () => {
        calls += 1;
        if (calls === 1) throw new TypeError('broken');
      }, { gap: 1 });
      await refresh().catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await refresh();
      return calls;
    }""")
    assert calls == 2


@pytest.mark.parametrize(
    ("used", "told"),
    [(0.05, "3 min 00 s of 6 min 00 s"), (0.125, "7 min 30 s (budget 6 min 00 s)")],
)
def test_time_beyond_the_budget_is_no_part_of_it(
    site: str, page: Page, used: float, told: str
) -> None:
    page.goto(site)
    text = page.evaluate(f"""async () => {{
      const {{ timeText }} = await import('/static/components/job-words.js');
      return timeText({{ used_hours: {used}, budget: {{ hours: 0.1 }} }});
    }}""")
    assert text == told
