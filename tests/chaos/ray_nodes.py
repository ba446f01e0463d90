"""Jobs on a Ray cluster of two nodes: a worker, a node or the head is killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import psutil

from tests.ray_clusters import NODE, start_cluster
from tests.waiting import wait_until

from .faults import kill_training
from .ground import Ground
from .legs import Kind, of_fault


@dataclass
class RayNodes:
    """The cluster that a job runs on, and what befalls it.

    Attributes:
        workers: All processes of workers that were seen, to look for those that stayed.
    """

    cluster: Any = field(init=False, default=None)
    workers: set[psutil.Process] = field(default_factory=set)

    @contextmanager
    def around(self, ground: Ground) -> Iterator[bool]:
        """A cluster while the job runs."""
        self.workers.clear()
        ground.elsewhere = self.left
        self._start(ground)
        try:
            yield True
        finally:
            self.cluster.shutdown()

    def _start(self, ground: Ground) -> None:
        self.cluster = start_cluster()
        self.cluster.add_node(**NODE)
        ground.engine = ("--engine", "ray", "--ray-address", self.cluster.address)

    def _see(self, ground: Ground) -> None:
        for pid in ground.running():
            with suppress(psutil.NoSuchProcess):
                self.workers.add(psutil.Process(pid))

    def left(self) -> list[int]:
        """Workers that were seen and are still there; their folder is that of Ray."""
        return [x.pid for x in self.workers if x.is_running() and x.status() != "zombie"]

    def kill_worker(self, ground: Ground) -> int:
        """A worker that trains is killed."""
        self._see(ground)
        return kill_training(ground)

    def kill_node(self, ground: Ground) -> int:
        """All processes that Ray has on the second node are killed, and another node joins."""
        self._see(ground)
        self.cluster.remove_node(next(iter(self.cluster.worker_nodes)), allow_graceful=False)
        self.cluster.add_node(**NODE)
        return 1

    def kill_head(self, ground: Ground) -> int:
        """The head is killed: the command ends with one line, and goes on with another cluster."""
        self._see(ground)
        self.cluster.remove_node(self.cluster.head_node, allow_graceful=False)
        code, said = ground.end(), ground.said[-1]
        last = said.rstrip().splitlines()[-1]
        assert code == 1 and last.startswith("error: the Ray cluster is lost"), (code, said)
        assert "Traceback" not in said, said
        wait_until(lambda: not self.left(), self.left, seconds=90.0)
        self.cluster.shutdown()
        self._start(ground)
        return 1

    def kill_parent(self, ground: Ground) -> int:
        """The command is killed; its actors go with it."""
        self._see(ground)
        assert ground.process is not None
        os.killpg(ground.process.pid, signal.SIGKILL)
        ground.end()
        return 1


def ray_kinds() -> dict[str, Kind]:
    """None where Ray is missing."""
    if find_spec("ray") is None:
        return {}
    nodes = RayNodes()
    faults = {
        "Ray: worker killed": nodes.kill_worker,
        "Ray: node killed, one joins": nodes.kill_node,
        "Ray: head killed": nodes.kill_head,
        "Ray: command killed": nodes.kill_parent,
    }
    return {name: of_fault(fault, nodes.around) for name, fault in faults.items()}
