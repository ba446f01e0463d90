import os
import sys
from pathlib import Path

import pytest

from peftsearch.workers.runtime.threads import count_cpus, count_threads, wait_passively


def test_what_the_user_says_holds_for_each_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, threads in (("3", 3), ("4,2", 4)):
        monkeypatch.setenv("OMP_NUM_THREADS", said)
        assert [count_threads(workers) for workers in (1, 2, 64)] == [threads] * 3


@pytest.mark.parametrize("said", [None, "", "0", "many"])
def test_else_workers_share_the_cpus(said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    cpus = count_cpus()
    assert [count_threads(workers) for workers in (1, cpus, 10 * cpus)] == [cpus, 1, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are pinned this way on Linux alone")
def test_affinity_is_respected() -> None:
    allowed = os.sched_getaffinity(0)
    assert count_cpus(Path("/no/quota")) == len(allowed)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert count_cpus(Path("/no/quota")) == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_a_quota_cuts_the_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(8), raising=False)
    quota = tmp_path / "cpu.max"
    texts = ("max 100000", "250000 100000", "50000 100000", "1600000 100000", "", "unreadable")
    for text, cpus in zip(texts, (8, 2, 1, 8, 8, 8), strict=True):
        quota.write_text(text + "\n")
        assert count_cpus(quota) == cpus


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_threads_of_workers_sleep_while_they_wait_unless_a_person_said_otherwise(
    name: str,
) -> None:
    environment = {"PATH": "/bin"}
    wait_passively(environment)
    passive = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
    assert environment == {"PATH": "/bin"} | passive
    said = {name: "ACTIVE" if name == "OMP_WAIT_POLICY" else "100"}
    kept = dict(said)
    wait_passively(said)
    assert said == kept
