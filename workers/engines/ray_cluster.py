"""A Ray cluster: reached or started, and what it has."""

import logging
import os
import signal
import threading
from dataclasses import dataclass

import ray

from peftsearch.errors import UserError
from peftsearch.message_text import as_line
from peftsearch.storage.connection import parse_url

from .plan import EnginePlan
from .ray_pulse import reach

_CLIENT = "ray://"
_TEMPORARY = "/tmp/ray"  # unless `ray start --temp-dir` says otherwise, which ray:// does not tell
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Cluster:
    """A cluster that this program is connected to.

    Attributes:
        only_node: Id of the one node that may hold workers; None where all may.
        logs: Folder, on each node, of what its workers print.
    """

    address: str
    gpus: float
    only_node: str | None
    logs: str


def connect(plan: EnginePlan, storage: str) -> Cluster:
    """Reach the plan's cluster, or start one on this machine; what is reached already stays.

    Raises:
        UserError: It does not answer, or its nodes have no database in common.
    """
    if not ray.is_initialized():
        _check_answer(plan.ray_address)
        _reach(plan.ray_address)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    alone = parse_url(storage).get_backend_name() == "sqlite"
    if alone:
        _check_alone(plan.ray_address, len(nodes))
    client = _is_client(plan.ray_address)
    context = ray.get_runtime_context()
    return Cluster(
        str(plan.ray_address if client else context.gcs_address),
        ray.cluster_resources().get("GPU", 0.0),
        nodes[0]["NodeID"] if alone else None,
        f"{_TEMPORARY if client else context.get_temp_dir()}/session_latest/logs",
    )


def tell_room() -> str:
    """CPUs and GPUs of the connected cluster as it is now: nodes join and go."""
    found = ray.cluster_resources()
    return f"{found.get('CPU', 0.0):g} CPU and {found.get('GPU', 0.0):g} GPU"


def _is_client(address: str | None) -> bool:
    return address is not None and address.startswith(_CLIENT)


def _check_answer(address: str | None) -> None:
    """Ray itself would wait for a minute, and end the program by an abort."""
    if address is None or not address.rpartition(":")[2].isdecimal():
        return
    try:
        reach(address, _ANSWER_SECONDS)
    except (OSError, OverflowError) as error:
        raise _refuse(address, error) from None


def _reach(address: str | None) -> None:
    """Ray takes SIGTERM for itself, by which a command would end with another exit code."""
    mine = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM) if mine else None
    dashboard = None if address else False
    # A cluster that it starts would tell of its use, and starve workers where others work too.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        ray.init(
            address, include_dashboard=dashboard, log_to_driver=False, logging_level=logging.ERROR
        )
    except Exception as error:  # each fault of a cluster has a class of its own
        raise _refuse(address, error) from error
    finally:
        if mine:
            signal.signal(signal.SIGTERM, before)


def _refuse(address: str | None, error: Exception) -> UserError:
    expected = f"a Ray cluster at {address}" if address else "to start Ray on this machine"
    hint = "start one with `ray start --head`, correct its address, or leave it out"
    return UserError(expected, as_line(str(error)) or type(error).__name__, hint)


def _check_alone(address: str | None, nodes: int) -> None:
    if nodes == 1 and not _is_client(address):
        return
    expected = "a database that all nodes of the Ray cluster reach, such as PostgreSQL"
    count = "a cluster elsewhere" if nodes == 1 else f"a cluster of {nodes} nodes"
    hint = "name one as postgresql+psycopg://user@host/name"
    raise UserError(expected, f"SQLite, a file of one machine, and {count}", hint)
