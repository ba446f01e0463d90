"""Ray clusters of this machine."""

import os
from typing import Any

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000}


def start_cluster(**head: Any) -> Any:
    """One of one node, to which others can be added as `NODE`.

    Its workers have our priority: Ray's own is the lowest, by which a busy machine starves them.
    """
    from ray.cluster_utils import Cluster

    os.environ.setdefault("RAY_worker_niceness", "0")
    settings = NODE | {"include_dashboard": False} | head
    return Cluster(initialize_head=True, head_node_args=settings)
