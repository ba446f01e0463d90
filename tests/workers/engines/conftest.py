"""Engines to test: each of them, with Ray clusters of this machine."""

import contextlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.engines.plan import ENGINES, RAY, EnginePlan
from tests.ray_clusters import NODE, start_cluster
from tests.workers.runners import write_texts

from .crews import make_spec


@contextlib.contextmanager
def run_ray(**head: Any) -> Iterator[Any]:
    """A cluster of one node, from which the program is disconnected at the end."""
    if find_spec("ray") is None:
        pytest.skip("ray is missing: pip install 'peftsearch[ray]'")
    import ray

    cluster = start_cluster(**head)
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    """One node of two CPUs."""
    with run_ray(num_cpus=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[Any]:
    """Two nodes of one CPU each, on this machine; the second is the last of its `worker_nodes`."""
    with run_ray(num_cpus=1) as cluster:
        cluster.add_node(**NODE)
        yield cluster


@pytest.fixture(params=ENGINES)
def plan(request: pytest.FixtureRequest) -> EnginePlan:
    """Each test that asks runs once on each engine."""
    if request.param != RAY:
        return EnginePlan(request.param)
    cluster = request.getfixturevalue("ray_cluster")
    return EnginePlan(RAY, cluster.address)


@pytest.fixture(scope="session")
def make_job(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> Any:
    """Makes a job by its epochs."""
    data = write_texts(tmp_path_factory.mktemp("rows") / "data.csv")

    def make(epochs: int) -> JobSpec:
        return make_spec(folders["bert"], data, epochs)

    return make
