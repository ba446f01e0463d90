"""A worker that waits for a slow server is known to live, and may be told to leave."""

import threading
from pathlib import Path
from typing import Any

import pytest

from peftsearch.records.trial import TrialState
from peftsearch.records.worker import AWAITING_STORE
from peftsearch.workers.artefacts import signs_of_life
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.artefacts.objects import Objects
from peftsearch.workers.artefacts.places import ArtefactsAway
from peftsearch.workers.artefacts.probing import check_place
from peftsearch.workers.artefacts.signs_of_life import act_beside
from peftsearch.workers.processes.monitor import Cancelled
from tests.waiting import LIMIT, wait_until
from tests.workers.monitors import Stopping, Watcher

from .lives import Machine


def test_adapters_and_rungs_on_their_way_are_no_silence(
    machine: Machine, slow: Any, tmp_path: Path
) -> None:
    job = machine.launch("slow://bucket/slow")
    stopping = Stopping()

    def tell(done: int, total: int) -> None:
        slow.beat(done)
        Stopping.step(stopping, done, total)

    stopping.step = tell  # type: ignore[method-assign]
    machine.work(job, stopping)
    (trial,) = machine.at(tmp_path / "other").work(job, Watcher(slow.beat))
    assert (trial.state, trial.provenance["resumed_step"]) == (TrialState.COMPLETED, 9)
    assert slow.silent == 0


def test_who_waits_for_a_place_says_so(machine: Machine, away: Any) -> None:
    """The pages said that it prepares, the terminal that it trains."""
    away.left = 9  # rungs are tried once
    told: list[tuple[int, int]] = []
    monitor = Watcher()
    monitor.step = lambda done, total: told.append((done, total))  # type: ignore[method-assign]
    machine.work(machine.launch("away://bucket/said"), monitor)
    assert told.count(AWAITING_STORE) > 0


def test_who_is_told_to_leave_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs_of_life, "BEAT_SECONDS", 0.01)
    over = threading.Event()

    def leave() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        act_beside(lambda: over.wait(LIMIT), "s3://bucket", leave)
    over.set()


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs_of_life, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(signs_of_life, "LONGEST_SECONDS", 0.05)
    over, beats = threading.Event(), list[int]()
    with pytest.raises(ArtefactsAway, match="s3://bucket.*no end after"):
        act_beside(lambda: over.wait(LIMIT), "s3://bucket", lambda: beats.append(1))
    over.set()
    assert len(beats) == 5


def test_who_reads_from_a_slow_place_is_told_so(
    machine: Machine, slow: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export said that it loads the libraries, for as long as a store took."""
    url = "slow://bucket/read"
    (trial,) = machine.work(machine.launch(url), Watcher(slow.beat))
    fetch = Objects.fetch

    def hear(objects: Objects, sha256: str, target: Path) -> None:
        wait_until(lambda: url in caplog.text)
        slow.heard.set()
        fetch(objects, sha256, target)

    monkeypatch.setattr(Objects, "fetch", hear)
    with adapter_folder(machine.root, trial):
        pass
    assert f"waiting for the artefact store {url}" in caplog.text
    assert "has answered, after" in caplog.text.splitlines()[-1]


def test_a_place_that_answers_no_probe_is_given_up(
    slow: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs_of_life, "ASIDE_SECONDS", 0.05)
    with pytest.raises(ArtefactsAway, match="slow://bucket/probe.*no end after"):
        check_place("slow://bucket/probe")
    assert "waiting for the artefact store slow://bucket/probe" in caplog.text
    slow.heard.set()
