"""Confirmations over HTTP. Most programs are small stand-ins here; one test confirms for real."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.records.trial import Proposal
from peftsearch.results.confirmations.plan import Plan
from peftsearch.service.work.confirmer import Confirmer
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.storage.store import Store
from peftsearch.workers.processes.presence import name_command
from tests.conftest import NewDatabase
from tests.end_to_end.conftest import write_data, write_model
from tests.storage.examples import claim, insert
from tests.waiting import wait_until

from .confirming_program import PROGRAM
from .sites import client_of, open_site

pytestmark = pytest.mark.usefixtures("warm_start")

PATH = "/api/v1/jobs/films/confirmations"
FORECAST = "/api/v1/jobs/films/confirm-forecast"


def serve(database: str) -> Any:
    """An application whose confirmations are made by the stand-in."""
    app = open_site(database)
    service = app.state.service
    confirmer = Confirmer(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    app.state.service = replace(service, confirmer=confirmer)
    return client_of(app)


@pytest.fixture
def client(database: str) -> Iterator[TestClient]:
    with serve(database) as client:
        yield client
        confirmer_of(client).close()


def confirmer_of(client: TestClient) -> Confirmer:
    confirmer: Confirmer = client.app.state.service.confirmer  # type: ignore[attr-defined]
    return confirmer


def let_go(root: Path, answer: str = "") -> None:
    """Let the stand-ins end."""
    root.mkdir(exist_ok=True)
    (root / "go").write_text(answer)


def ask(client: TestClient, **more: Any) -> Any:
    """A new confirmation."""
    answer = client.post(PATH, json={"pick": "trial 4", "reading": 2, **more})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{PATH}/{answer.json()['id']}"
    return answer.json()


def show(client: TestClient, run: Any) -> Any:
    answer = client.get(f"{PATH}/{run['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(client: TestClient, run: Any) -> Any:
    """What a confirmation became."""
    wait_until(lambda: show(client, run)["state"] != "running")
    return show(client, run)


def record_of(root: Path, run: Any) -> Any:
    (found,) = root.glob(f"films-*/confirmations/{run['id']}/status.json")
    return json.loads(found.read_text())


def test_a_pick_is_foreseen_as_the_trial_that_it_means(client: TestClient) -> None:
    answer = client.post(FORECAST, json={"pick": "best"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["what"], answer.json()["reading"]) == ("trial 6", 2)


def test_a_confirmation_is_followed_to_its_sentence(client: TestClient, root: Path) -> None:
    asked = ask(client, pick="best", by="topic")
    assert (asked["state"], asked["pick"], asked["by"]) == ("running", "trial 6", "topic")
    wait_until(lambda: show(client, asked)["done"] == 3)
    seen = show(client, asked)
    assert (seen["total"], seen["step"]) == (14, "training for the test split: lora")
    let_go(root)
    done = finish(client, asked)
    assert (done["state"], done["sentence"]) == ("done", "In short: trial 6.")
    assert (done["reading"], done["level"], done["message"]) == (2, 0.975, None)
    assert client.get(PATH).json() == {"confirmations": [done]}


def test_two_clicks_are_one_confirmation(client: TestClient, root: Path) -> None:
    first = ask(client)
    assert ask(client)["id"] == first["id"]
    other = ask(client, pick=None)
    assert other["id"] != first["id"] and other["words"] == "the front of 6 configurations"
    assert other["message"] == "waits for another confirmation"
    let_go(root)
    assert {finish(client, x)["state"] for x in (first, other)} == {"done"}
    assert ask(client)["id"] != first["id"], "one that has ended can be asked for again"


def test_a_refusal_and_a_death_are_one_line(client: TestClient, root: Path) -> None:
    mistake = {"where": "", "expected": "a disk", "got": "a full one", "hint": "make room"}
    let_go(root, json.dumps({"mistake": mistake}))
    failed = finish(client, ask(client))
    assert failed["state"] == "failed"
    assert failed["message"] == "expected a disk; got a full one; make room"
    (root / "go").unlink()
    killed = ask(client, seeds=4)
    wait_until(lambda: record_of(root, killed)["child"] is not None)
    psutil.Process(record_of(root, killed)["child"][0]).kill()
    told = finish(client, killed)["message"]
    assert told.startswith("its program was killed") and "as the same reading" in told


def test_one_that_is_stopped_leaves_nothing_behind(
    client: TestClient, root: Path, database: str
) -> None:
    asked = ask(client)
    wait_until(lambda: record_of(root, asked)["child"] is not None)
    pid = record_of(root, asked)["child"][0]
    name = name_command(pid, "confirm")
    with Store.open(database) as store:
        job = store.find_job("films")
        store.register_worker(job.id, name, "here", pid, "cpu", "confirm")
        assert client.delete(f"{PATH}/{asked['id']}").status_code == 204
        assert store.workers(job.id) == [], "what was killed cannot sign off"
    assert client.get(PATH).json() == {"confirmations": []}
    wait_until(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    )
    assert client.delete(f"{PATH}/{asked['id']}").status_code == 404


def test_a_service_that_ends_says_so_afterwards(database: str, root: Path) -> None:
    with serve(database) as client:
        asked = ask(client)
        confirmer_of(client).close()
        assert client.post(PATH, json={"pick": "trial 3", "reading": 2}).status_code == 409
    with serve(database) as client:
        told = show(client, asked)
    assert told["state"] == "failed" and "it is the same reading" in told["message"]


def test_where_nothing_can_be_written_nothing_begins(client: TestClient, root: Path) -> None:
    root.write_text("no folder")
    answer = client.post(PATH, json={"reading": 2})
    assert answer.status_code == 409
    assert answer.json()["expected"] == "a writable folder of files"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"reading": 0}, 422),
        ({"reading": 1, "seeds": 1}, 422),
        ({"reading": 1, "width": 0}, 422),
        ({"reading": 1, "pick": "row 99"}, 422),
        ({"reading": 1, "pick": "trial 99"}, 404),
        ({"reading": 1, "device": "cuda; rm"}, 422),
    ],
)
def test_what_cannot_be_confirmed_is_refused_at_once(
    client: TestClient, body: Any, status: int
) -> None:
    assert client.post(PATH, json=body).status_code == status


def test_without_consent_to_the_right_reading_nothing_is_read(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    """A real one: foreseen, refused for another reading's number, and made for its own."""
    url = new_sqlite()
    task = {"train": str(write_data(tmp_path / "data.csv")), "max_length": 16}
    spec = complete_spec(
        {
            "name": "films",
            "model": {"path": str(write_model(tmp_path / "model"))},
            "task": task,
            "training": {"epochs": 1},
            "budget": {"trials": 4},
        },
        tmp_path,
    )
    picked = Configuration((Stratum(0, 2, (Module("bitfit"),)),), 1e-3)
    with Store.open(url) as store, client_of(open_site(url)) as client:
        job = store.create_job(spec)
        insert(store, job.id, [Proposal(picked, 0, "search")])
        trial = claim(store, job.id)
        values = {"accuracy": 0.5, "trainable_parameters": 100.0, "training_seconds": 1.0}
        store.complete(trial.id, trial.attempt, values, {}, None)
        foreseen = client.post(FORECAST, json={"pick": "trial 0", "seeds": 2}).json()
        assert (foreseen["reading"], foreseen["begun"], foreseen["level"]) == (1, False, 0.95)
        assert (foreseen["trainings"], foreseen["test_rows"]) == (11, 60)
        missing = client.post(FORECAST, json={"pick": "trial 0", "by": "topic"})
        assert missing.status_code == 422 and missing.json()["mistakes"][0]["where"] == "by"
        unswept = client.post(FORECAST, json={"pick": "trial 0", "sweep": True})
        assert unswept.status_code == 422 and unswept.json()["mistakes"][0]["where"] == "sweep"
        refused = finish(client, ask(client, pick="trial 0", seeds=2, reading=2))
        assert refused["state"] == "failed" and "nothing was read" in refused["message"]
        again = client.post(FORECAST, json={"pick": "trial 0", "seeds": 2}).json()
        assert again == foreseen
        done = finish(client, ask(client, pick="trial 0", seeds=2, reading=1))
        assert (done["state"], done["reading"], done["level"]) == ("done", 1, 0.95), done
        (report,) = store.reports(job.id, "confirm")
        assert report["sentence"] == done["sentence"] and " interval " in done["sentence"]
        (entry,) = store.readings(report["reading"]["data"])
        assert entry.subject == Plan.of(2, None).subject([picked])
        once_more = client.post(FORECAST, json={"pick": "trial 0", "seeds": 2}).json()
        assert (once_more["begun"], once_more["reading"], once_more["trainings"]) == (True, 1, 0)
        second = client.post(FORECAST, json={"pick": "trial 0"}).json()
        assert (second["reading"], second["level"], second["begun"]) == (2, 0.975, False)
        assert store.workers(job.id) == []
