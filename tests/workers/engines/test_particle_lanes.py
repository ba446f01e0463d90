"""Particles whose workers are actors of a Ray cluster."""

from typing import Any

import numpy as np
import pytest

from peftsearch.search.entangled.conductor import Conductor
from peftsearch.search.entangled.lanes import RayLane
from peftsearch.search.entangled.maps import Plan, run_alone
from tests.search.walks import Walks

PLAN = Plan((7, 3), particles=24, window=4)

pytestmark = pytest.mark.slow


def test_actors_find_what_one_process_finds(ray_cluster: Any) -> None:
    """One of them comes late."""
    import ray

    ray.init(ray_cluster.address, log_to_driver=False)
    conductor = Conductor(Walks(), PLAN)
    for _ in range(2):
        conductor.join(RayLane(num_cpus=0.5))
        conductor.advance(4)
    alone = run_alone(Walks(), PLAN, 8)
    assert [conductor.state(slot) for slot in range(PLAN.particles)] == list(alone.states)
    np.testing.assert_array_equal(conductor.weights().log_weights, alone.weights.log_weights)
    assert all(x > 0 for x in conductor.steps())
    conductor.close()
    ray.shutdown()
