"""The service as whole processes: it comes and goes, and nothing is lost."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from peftsearch.storage.store import Store
from tests.service.live import Message, listen
from tests.service.records import Filler, lora
from tests.waiting import LIMIT, wait_until

from .dashboards import Dashboard, run_dashboard
from .programs import start

pytestmark = pytest.mark.slow


def spec_of(workshop: Path, name: str, trials: int, epochs: int) -> dict[str, Any]:
    """A job on the workshop."""
    return {
        "name": name,
        "model": {"path": str(workshop / "model")},
        "task": {"train": str(workshop / "data.csv"), "max_length": 16},
        "training": {"epochs": epochs},
        "budget": {"trials": trials},
    }


def counts(dashboard: Dashboard, job: str) -> dict[str, int]:
    """Trials by state."""
    found: dict[str, int] = dashboard.ask(f"/jobs/{job}")["counts"]
    return found


def test_control_c_gives_trials_back_and_the_job_goes_on(workshop: Path, tmp_path: Path) -> None:
    """Also by another dashboard on the same database, which sees and stops what the first does."""
    with run_dashboard(tmp_path) as first, run_dashboard(tmp_path) as second:
        first.ask("/jobs", "POST", spec=spec_of(workshop, "long", 2, epochs=20), workers=1)
        wait_until(lambda: counts(second, "long")["running"] == 1)
        assert second.ask("/jobs/long")["live_workers"] == 1
        first.end()
        assert "long" in first.errors  # it says what it waits for
        after = second.ask("/jobs/long")
        assert after["state"] == "running"
        assert after["counts"] == {"queued": 1, "running": 0, "completed": 0, "failed": 0}
        second.ask("/jobs/long/resume", "POST", workers=1)
        wait_until(lambda: second.ask("/jobs/long")["state"] == "finished")
        assert counts(second, "long")["completed"] == 2
        wait_until(lambda: second.ask("/jobs/long")["pool"]["state"] == "ended")
        second.ask("/jobs/long", "DELETE")
        second.end(signal.SIGTERM)


def test_baselines_that_a_job_asks_for_follow_it_in_the_pool_of_a_service(
    workshop: Path, tmp_path: Path
) -> None:
    asked = {"run": True, "ranks": [1], "rates": 1, "full": False, "places": 0}
    spec = spec_of(workshop, "small", 3, epochs=1) | {"baselines": asked}
    with run_dashboard(tmp_path) as dashboard:
        dashboard.ask("/jobs", "POST", spec=spec, workers=1)
        wait_until(lambda: dashboard.ask("/jobs")["total"] == 2)
        wait_until(lambda: dashboard.ask("/jobs/small.baselines")["state"] == "finished")
        wait_until(lambda: dashboard.ask("/jobs/small")["pool"]["state"] == "ended")
        listed = {x["name"]: x["parent"] for x in dashboard.ask("/jobs")["jobs"]}
        assert listed == {"small": None, "small.baselines": "small"}
        told = dashboard.ask("/jobs/small/baselines")["baselines"]
        assert told["trained"] and told["waiting"] == 0
        made = [x for x in told["differences"].values() if x is not None]
        assert all(x["paired"] for x in made)


def test_a_worker_without_a_job_takes_what_is_queued(workshop: Path, tmp_path: Path) -> None:
    """It waits where there is nothing to do, works, and leaves at Ctrl-C."""
    with run_dashboard(tmp_path) as dashboard, run_worker(tmp_path) as worker:
        dashboard.ask("/jobs", "POST", spec=spec_of(workshop, "queued", 2, epochs=1), workers=0)
        assert dashboard.ask("/jobs/queued")["pool"] is None
        wait_until(lambda: dashboard.ask("/jobs/queued")["state"] == "finished")
        worker.send_signal(signal.SIGINT)
        _, errors = worker.communicate(timeout=LIMIT)
        assert "waiting for jobs" in errors
        assert "Traceback" not in errors and "error:" not in errors


@contextmanager
def run_worker(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A worker without a job, which has ended after the block."""
    worker = start("worker", folder=folder)
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.terminate()
            worker.communicate(timeout=LIMIT)


def test_a_stream_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A listener who knows the last event gets what ended meanwhile, each once."""
    with Store.open(f"sqlite:///{tmp_path / 'peftsearch.db'}") as store:
        filler = Filler.open(store)
        filler.complete(lora(1), 0.6)
        with run_dashboard(tmp_path) as dashboard, listen_from(dashboard, 0) as messages:
            assert take_trials(messages, 1) == [1]
        filler.complete(lora(2), 0.7)
        with run_dashboard(tmp_path) as dashboard, listen_from(dashboard, 1) as messages:
            filler.complete(lora(4), 0.8)
            assert take_trials(messages, 2) == [2, 3]


@contextmanager
def listen_from(dashboard: Dashboard, event: int) -> Iterator[Iterator[Message]]:
    """The messages of the job's stream from an event on, as a browser asks for them again."""
    headers = {"Last-Event-ID": str(event), "Authorization": f"Bearer {dashboard.token}"}
    with listen(dashboard.url, "/jobs/job/events", **headers) as messages:
        yield messages


def take_trials(messages: Iterator[Message], number: int) -> list[int]:
    """Events of the next trials."""
    found = (message.data["event"] for message in messages if message.event == "trial")
    return [next(found) for _ in range(number)]


def test_the_first_run_says_how_to_begin(tmp_path: Path) -> None:
    """An address, and what launches the demonstration into this very database."""
    process = start("dashboard", "--port", "0", "--storage", "my.db", folder=tmp_path)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors
    assert lines[0].startswith("dashboard: http://127.0.0.1:")
    assert "no job yet" in lines[1] and "/new" in lines[1]
    assert lines[2].strip() == "peftsearch demo --storage my.db"
