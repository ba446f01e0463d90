"""A service that is killed: the next one finds the pool that it had."""

import time
from typing import Any

from peftsearch.records.job import JobState
from tests.end_to_end.dashboards import Dashboard, run_dashboard
from tests.waiting import wait_until

from .ground import Ground
from .tally import Tally, take_tally


def run_service_leg(ground: Ground, times: int) -> Tally:
    """Kill one service after the other, as long as the job runs."""
    done = 0
    ground.trials += times  # a service that starts takes as long as several trials
    while done < times and not ground.over:
        with run_dashboard(ground.folder, *ground.options) as dashboard:
            _work(ground, dashboard)
            time.sleep(ground.rng.uniform(0.0, 2.0))
            dashboard.process.kill()
            dashboard.process.communicate()
            done += 1
    with run_dashboard(ground.folder, *ground.options) as dashboard:
        _work(ground, dashboard)
        wait_until(lambda: ground.look()[0] is JobState.FINISHED)
        wait_until(lambda: _has_ended(dashboard.ask("/jobs/small")["pool"]))
    wait_until(lambda: not ground.processes(), ground.processes, seconds=90.0)
    return take_tally(ground, done)


def _has_ended(pool: dict[str, Any] | None) -> bool:
    """None is known where it ended while no service ran."""
    return pool is None or pool["state"] == "ended"


def _work(ground: Ground, dashboard: Dashboard) -> None:
    """Let the job have one pool, and something running."""
    if ground.look()[0] is None:
        spec = {
            "name": "small",
            "model": {"path": str(ground.workshop / "model")},
            "task": {"train": str(ground.workshop / "data.csv"), "max_length": 16},
            "training": {"epochs": 3},
            "budget": {"trials": ground.trials},
        }
        dashboard.ask("/jobs", "POST", spec=spec, workers=2)
    pool = dashboard.ask("/jobs/small")["pool"]
    if (pool is None or pool["state"] in ("ended", "failed")) and not ground.over:
        dashboard.ask("/jobs/small/resume", "POST", workers=2)
    wait_until(lambda: ground.running() or ground.over)
