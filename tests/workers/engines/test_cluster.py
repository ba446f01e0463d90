"""What a pool on Ray says of its cluster."""

from types import SimpleNamespace

import pytest

from peftsearch.workers.engines.plan import RAY, EnginePlan

_URL = "postgresql+psycopg://host/jobs"


@pytest.mark.parametrize(
    ("address", "logs"),
    [
        ("head:6379", "/big/ray/session_latest/logs"),
        ("ray://head:10001", "/tmp/ray/session_latest/logs"),
    ],
    ids=["a folder of the cluster's own", "a client, which is not told"],
)
def test_logs_are_in_the_folder_of_the_cluster(
    address: str, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    from peftsearch.workers.engines.ray_cluster import connect

    context = SimpleNamespace(gcs_address="head:6379")
    if not address.startswith("ray://"):
        context.get_temp_dir = lambda: "/big/ray"
    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    monkeypatch.setattr(ray, "nodes", list)
    monkeypatch.setattr(ray, "cluster_resources", dict)
    monkeypatch.setattr(ray, "get_runtime_context", lambda: context)
    assert connect(EnginePlan(RAY, address), _URL).logs == logs


def test_room_is_that_of_the_cluster_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    from peftsearch.workers.engines.ray_cluster import tell_room

    has = {"CPU": 1.0}
    monkeypatch.setattr(ray, "cluster_resources", lambda: has)
    assert tell_room() == "1 CPU and 0 GPU"
    has |= {"CPU": 2.5, "GPU": 1.0}
    assert tell_room() == "2.5 CPU and 1 GPU"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "The actor died.\n\tactor_id: 1\nThe actor is dead because its node has died. Node 2",
            "its node has died",
        ),
        (
            "The actor died unexpectedly before finishing this task.",
            "its node or its process is gone",
        ),
    ],
    ids=["a cause", "none"],
)
def test_a_lost_worker_is_told_by_its_cause(said: str, told: str) -> None:
    pytest.importorskip("ray")
    from ray.exceptions import RayActorError

    from peftsearch.workers.engines.ray_process import tell_loss

    assert tell_loss(RayActorError(error_msg=said)) == told
