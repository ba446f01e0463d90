"""Reports as runs: made once for what the records say. The programs are small stand-ins here."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from peftsearch.report.rendering import policy
from peftsearch.service.work.reporter import KEPT, Reporter
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.waiting import wait_until

from .records import Filler, fill_example, lora
from .reporting_program import PROGRAM
from .sites import client_of, open_site

RUNS = "/api/v1/jobs/job/report-runs"


@pytest.fixture
def database(new_sqlite: NewDatabase) -> str:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    return url


@pytest.fixture
def client(database: str) -> Iterator[TestClient]:
    app = open_site(database)
    service = app.state.service
    reporter = Reporter(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    app.state.service = replace(service, reporter=reporter)
    with client_of(app) as client:
        yield client
        reporter.close()


def let_go(root: Path, error: str = "") -> None:
    """Let the stand-ins end."""
    root.mkdir(exist_ok=True)
    (root / "go").write_text(error)


def ask(client: TestClient, pick: str = "1se") -> Any:
    """A report, made or being made."""
    answer = client.post(RUNS, json={"pick": pick})
    assert answer.status_code in (200, 202), answer.text
    run = answer.json()
    assert answer.headers["location"] == f"{RUNS}/{run['id']}"
    assert (answer.status_code == 202) == (run["state"] == "running")
    return run


def show(client: TestClient, run: Any) -> Any:
    answer = client.get(f"{RUNS}/{run['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(client: TestClient, run: Any) -> Any:
    """What a report became."""
    wait_until(lambda: show(client, run)["state"] != "running")
    return show(client, run)


def test_a_report_tells_what_is_done_for_it_and_then_has_a_page(
    client: TestClient, root: Path
) -> None:
    run = ask(client, "best")
    assert ask(client, "best")["id"] == run["id"]
    wait_until(lambda: show(client, run)["step"] is not None)
    assert show(client, run)["step"] == "working out what 3 trials say"
    assert client.get(f"{RUNS}/{run['id']}/page").status_code == 409
    let_go(root)
    done = finish(client, run)
    assert (done["state"], done["pick"]) == ("done", "best")
    page = client.get(f"{RUNS}/{run['id']}/page")
    assert page.text.endswith("best")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == f"{policy()}; frame-ancestors 'none'"
    assert client.get("/api/v1/jobs/job/report?pick=best").text == page.text
    assert [x["id"] for x in client.get(RUNS).json()["reports"]] == [run["id"]]


def test_another_is_made_once_the_records_say_more(
    client: TestClient, database: str, root: Path
) -> None:
    let_go(root)
    known = [finish(client, ask(client))]
    assert ask(client)["id"] == known[0]["id"]
    with Store.open(database) as store:
        job = store.find_job("job")
        more = (
            lambda: Filler(store, job).complete(lora(16), 0.7),
            lambda: store.write_note(job.id, 1, "small", None),
            lambda: store.save_report(job.id, "confirm-run", {"reading": 1}),
        )
        for change in more:
            change()
            known.append(finish(client, ask(client)))
            assert ask(client)["id"] == known[-1]["id"]
    assert len({x["id"] for x in known}) == 4
    assert known[1]["event"] == known[0]["event"] + 1


def test_few_are_kept(client: TestClient, root: Path) -> None:
    let_go(root)
    made = [finish(client, ask(client, f"trial {i % 3}")) for i in range(3)]
    for row in range(1, 4):
        made.append(finish(client, ask(client, str(row))))
    kept = [x["id"] for x in client.get(RUNS).json()["reports"]]
    assert kept == [x["id"] for x in reversed(made)][:KEPT]
    assert len(list(root.glob("job-*/reports/*"))) == KEPT


def test_a_failure_is_told_and_can_be_asked_again(client: TestClient, root: Path) -> None:
    let_go(root, "it broke")
    failed = finish(client, ask(client))
    assert (failed["state"], failed["message"]) == ("failed", "it broke")
    assert client.get(f"{RUNS}/{failed['id']}/page").status_code == 409
    direct = client.get("/api/v1/jobs/job/report")
    assert direct.status_code == 422 and "it broke" in direct.json()["got"]
    let_go(root)
    assert finish(client, ask(client))["state"] == "done"


def test_what_a_report_cannot_be_on_is_told_at_once(client: TestClient, root: Path) -> None:
    for body, status in (
        ({"pick": "trial 99"}, 404),
        ({"pick": "nonsense"}, 422),
        ({"pick": ""}, 422),
        ({"pick": "best", "out": "/tmp"}, 422),
    ):
        assert client.post(RUNS, json=body).status_code == status
    assert client.post("/api/v1/jobs/none/report-runs", json={}).status_code == 404
    assert client.get(f"{RUNS}/{'0' * 16}").status_code == 404
    assert list(root.glob("job-*/reports/*")) == []
