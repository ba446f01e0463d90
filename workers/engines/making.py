"""From a plan to its engine."""

from pathlib import Path

from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.processes.pool import Pool

from .engine import Engine
from .external import Watch
from .plan import EXTERNAL, RAY, EnginePlan


def make_engine(
    plan: EnginePlan, store: Store, job: Job, storage: str, root: Path, workers: int, device: str
) -> Engine:
    """An engine that has started nothing yet.

    Args:
        store: Its own connection.
        root: Folder of the job's files.
        workers: How many it starts; nothing to one that starts none.
        device: `auto`, `cpu` or a torch device.
    """
    if plan.name == EXTERNAL:
        return Watch(store, job)
    place = (store, job, storage, root, workers, device, plan.devices)
    if plan.name == RAY:
        from .ray_pool import RayPool  # loads Ray

        return RayPool(*place, plan=plan)
    return Pool(*place)


def check_engine(plan: EnginePlan, storage: str) -> None:
    """Before there is a job that its workers could not take up.

    Raises:
        UserError: Its cluster does not answer, or its nodes have no database in common.
    """
    if plan.name == RAY:
        from .ray_cluster import connect

        connect(plan, storage)
