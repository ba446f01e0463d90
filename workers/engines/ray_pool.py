"""A pool whose workers are on the nodes of a Ray cluster."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from peftsearch.storage.connection import absolute_url
from peftsearch.workers.processes.child import Assignment
from peftsearch.workers.processes.pool import Pool, WorkerError
from peftsearch.workers.processes.shared_status import SharedStatus

from .plan import EnginePlan
from .ray_cluster import Cluster, connect, tell_room
from .ray_keeper import Keeper
from .ray_process import RayChild, RayProcess
from .ray_pulse import Pulse

_ROOM_SECONDS = 10.0


@dataclass
class RayPool(Pool):
    """As `Pool`, with an actor for each worker.

    It is the pool that replaces what died, by its own rule, so Ray is to restart nothing.

    Attributes:
        since: Since when workers wait to be placed: seconds of the monotonic clock.
        told_waiting: How many of them were told of.
    """

    plan: EnginePlan = field(default_factory=EnginePlan)
    cluster: Cluster = field(init=False)
    pulse: Pulse = field(init=False, repr=False)
    options: dict[str, Any] = field(init=False, repr=False)
    children: list[RayChild] = field(default_factory=list)  # type: ignore[assignment]
    since: float | None = None
    told_waiting: int = 0

    def start(self) -> None:
        """See `Engine.start`."""
        self.cluster = connect(self.plan, self.storage)
        self.pulse = Pulse(self.cluster.address)
        self.options = self._choose_options()
        self.news.append(
            f"workers on Ray at {self.cluster.address}: {self.workers}, each with {self._need}; "
            f"their logs are in {self.cluster.logs} of each node"
        )
        super().start()

    def _choose_options(self) -> dict[str, Any]:
        gpus = self.plan.gpus
        if gpus is None:
            gpus = float(self.devices) if self.cluster.gpus else 0.0
        options = {"num_cpus": self.plan.cpus, "num_gpus": gpus, "max_restarts": 0}
        node = self.cluster.only_node
        where = NodeAffinitySchedulingStrategy(node, soft=False) if node else "SPREAD"
        return options | {"scheduling_strategy": where}

    @property
    def _need(self) -> str:
        cpus, gpus = self.options["num_cpus"], self.options["num_gpus"]
        return f"{cpus:g} CPU" + (f" and {gpus:g} GPU" if gpus else "")

    def _begin(self, assignment: Assignment) -> RayChild:
        # With no GPU of its own `auto` would take the first of its node.
        shared = assignment.device == "auto" and not self.options["num_gpus"]
        device = "cpu" if shared else assignment.device
        there = replace(assignment, device=device, storage=absolute_url(self.storage))
        actor = ray.remote(Keeper).options(**self.options).remote(there)
        status = SharedStatus()
        return RayChild(there.name, there.index, status, RayProcess(actor, status))

    def poll(self) -> bool:
        """See `Engine.poll`."""
        self._check_head()
        left = super().poll()
        self._tell_room()
        return left

    def _check_head(self) -> None:
        """Ray itself would end the program, by an abort, once a head is away for a minute."""
        if not self.pulse.is_lost():
            return
        for child in self.children:
            child.process.loss = "lost with the cluster"
        raise WorkerError(
            f"the Ray cluster is lost: {self.cluster.address} does not answer any more; its "
            "workers end with it, and the same command goes on with a cluster that does"
        )

    def _tell_room(self) -> None:
        """Say how many are not placed, once it is more than a moment and each time it changes. Ray
        takes the room of one that it only begins to start, so that what is free tells nothing."""
        waiting = sum(not child.process.placed for child in self.children)
        self.since = (self.since or time.monotonic()) if waiting else None
        if self.since is None:
            self.told_waiting = 0
        elif time.monotonic() - self.since > _ROOM_SECONDS and waiting != self.told_waiting:
            self.told_waiting = waiting
            self.news.append(
                f"{waiting} of {len(self.children)} workers wait for room, or for Ray to start "
                f"them: each takes {self._need}, and the Ray cluster has {tell_room()} in all"
            )

    def stop(self) -> None:
        """See `Engine.stop`."""
        self._ask_to_end(child for child in self.children if not child.loaded)
        super().stop()

    def kill(self) -> None:
        """See `Engine.kill`."""
        self._ask_to_end(self.children)
        super().kill()

    @staticmethod
    def _ask_to_end(children: Iterable[RayChild]) -> None:
        """All at once, so that nodes that do not answer are waited for once."""
        for child in children:
            child.process.ask_to_end()
