"""A whole job over HTTP: a real pool trains, is killed, recovers, stops, resumes, is deleted."""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient

from peftsearch.service import application
from peftsearch.service.work.pool_process import Timing, log_path
from peftsearch.service.work.supervisor import Supervisor
from tests.conftest import NewDatabase
from tests.end_to_end.conftest import write_data, write_model
from tests.waiting import wait_until

from .launches import spec_of
from .sites import client_of, open_site

pytestmark = pytest.mark.usefixtures("warm_start")

JOBS = "/api/v1/jobs"


class Job:
    """The job `live` as a caller sees it."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.service = client.app.state.service  # type: ignore[attr-defined]

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(f"{JOBS}{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def get(self, path: str = "") -> Any:
        return self.client.get(f"{JOBS}/live{path}").json()

    def wait(self, holds: Callable[[Any], bool]) -> Any:
        """What it became once it holds."""
        wait_until(lambda: holds(self.check()), lambda: f"{self.log()} {self.get()}")
        return self.get()

    def check(self) -> Any:
        """What it is; its pool must not have failed."""
        found = self.get()
        assert found["pool"] is None or found["pool"]["state"] != "failed", self.log()
        return found

    def log(self) -> str:
        return log_path(self.service.settings, "live").read_text()


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.slow
def test_the_life_of_a_job(
    new_sqlite: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Timing(patience=300, closing=300)  # a worker gives back its trial in its own time
    monkeypatch.setattr(application, "Supervisor", partial(Supervisor, timing=patient))
    write_model(tmp_path / "model")
    write_data(tmp_path / "data.csv")
    url, task = new_sqlite(), {"train": "data.csv", "max_length": 16}
    spec = spec_of("live", task=task, training={"epochs": 2}, budget={"trials": 500})
    with client_of(open_site(url, data_roots=(tmp_path,))) as client:
        job = Job(client)
        job.post("", spec=spec, workers=1, device="cpu")
        job.wait(lambda x: x["live_workers"] == 1)
        killed = job.service.supervisor.pid("live")
        os.kill(killed, signal.SIGKILL)
        job.wait(lambda x: job.service.supervisor.pid("live") != killed)
        found = job.wait(lambda x: x["counts"]["completed"] >= 2)
        assert found["best"]["value"] > 0.3
        assert found["left_seconds"] > 0
        job.wait(lambda x: x["live_workers"] == 1)
        assert any(x["live"] and x["device"] == "cpu" for x in job.get("/workers")["workers"])

        children = psutil.Process(job.service.supervisor.pid("live")).children(recursive=True)
        assert job.post("/live/stop")["state"] == "stopped"
        found = job.wait(lambda x: x["pool"]["state"] == "ended")
        assert found["counts"]["running"] == found["live_workers"] == 0
        assert job.get("/workers")["workers"] == []  # each said that it ends
        wait_until(lambda: all(map(is_gone, children)))

        assert job.post("/live/resume", workers=1, device="cpu")["state"] == "running"
        pid = job.service.supervisor.pid("live")
    assert not psutil.pid_exists(pid)

    with client_of(open_site(url, data_roots=(tmp_path,))) as client:
        job = Job(client)
        found = job.get()
        assert (found["state"], found["live_workers"]) == ("running", 0)
        before = found["pool"]  # what Resume offers
        assert (before["state"], before["workers"], before["device"]) == ("ended", 1, "cpu")
        assert (found["counts"]["running"], found["counts"]["failed"]) == (0, 0)
        root = job.service.settings.root
        assert len(list(root.glob("live-*/trials/*"))) >= 2
        job.post("/live/stop")
        assert client.delete(f"{JOBS}/live").status_code == 204
        assert not list(root.glob("live-*"))
