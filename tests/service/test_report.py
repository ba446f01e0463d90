"""The report over HTTP is the page that the command line writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from peftsearch.report.rendering import policy
from peftsearch.service.guard.headers import HEADERS
from peftsearch.storage.store import Store
from tests.cli.calls import call
from tests.conftest import NewDatabase

from .records import Filler, fill_repeated
from .sites import BEARER, TOKEN, client_of, open_site

REPORT = "/api/v1/jobs/job/report"


@pytest.fixture(scope="module")
def url(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_repeated(store)
        store.create_job(Filler(store, store.find_job("job")).job.spec.model_copy(
            update={"name": "empty"}
        ))  # fmt: skip
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    with client_of(open_site(url)) as client:
        yield client


def test_it_is_the_command_lines(
    client: TestClient, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    given = ("report", "job", "--pick", "best", "--out", str(out), "--storage", url)
    assert call(monkeypatch, *given) == 0
    answer = client.get(f"{REPORT}?pick=best")
    assert answer.status_code == 200
    assert answer.text == (out / "report.html").read_text("utf-8")


def test_its_policy_allows_less_than_that_of_the_pages(client: TestClient) -> None:
    answer = client.get(REPORT)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = answer.headers["content-security-policy"]
    assert found == f"{policy()}; frame-ancestors 'none'" and "script-src" not in found
    others = {name: x for name, x in HEADERS.items() if name != "Content-Security-Policy"}
    assert {name: answer.headers[name] for name in others} == others


def test_an_empty_job_has_one_and_mistakes_are_problems(client: TestClient) -> None:
    answer = client.get("/api/v1/jobs/empty/report")
    assert answer.status_code == 200 and "the job has no trial" in answer.text
    for path, status in (
        ("/api/v1/jobs/none/report", 404),
        (f"{REPORT}?pick=trial 99", 404),
        (f"{REPORT}?pick=nonsense", 422),
        (f"{REPORT}?pick={'x' * 501}", 422),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_it_is_behind_the_token_and_the_jobs_page_leads_to_it(url: str) -> None:
    with client_of(open_site(url, TOKEN)) as client:
        assert client.get(REPORT).status_code == 401
        assert client.get(REPORT, headers=BEARER).status_code == 200
        page = client.get("/jobs/job", headers={**BEARER, "Accept": "text/html"})
        assert f'href="{REPORT}"' in page.text
