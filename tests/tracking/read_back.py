"""What trackers hold of a job, read by their own clients: none of it by code of ours."""

import json
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peftsearch.records.job import Job

_BLOCK, _HEAD, _START = 32768, 7, 7


@dataclass
class Kept:
    """One run as a tracker has it.

    Attributes:
        times: How often a run of this name is there.
        losses: Step and training loss, as often as they are there.
    """

    times: int = 0
    words: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    losses: list[tuple[int, float]] = field(default_factory=list)


Runs = Mapping[str, Kept]


def read_mlflow(root: Path, job: Job) -> Runs:
    """By `MlflowClient`."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{root / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(job.name)
    found: dict[str, Kept] = defaultdict(Kept)
    for run in client.search_runs([experiment.experiment_id]):
        kept = found[run.info.run_name]
        kept.times += 1
        kept.words = run.data.tags["mlflow.note.content"]
        kept.values = {**run.data.params, **run.data.metrics, **run.data.tags}
        history = client.get_metric_history(run.info.run_id, "training_loss")
        kept.losses += [(x.step, x.value) for x in history]
    return found


def read_tensorboard(root: Path, job: Job) -> Runs:
    """By `EventAccumulator`."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found: dict[str, Kept] = defaultdict(Kept)
    for folder in (root / "tensorboard" / f"{job.name}-{job.uid}").iterdir():
        events = EventAccumulator(str(folder)).Reload()
        kept = found[_name(job, folder.name)]
        kept.times += 1
        (text,) = events.Tensors("run/text_summary")
        kept.words = text.tensor_proto.string_val[0].decode().splitlines()[0]
        for tag in events.Tags()["scalars"]:
            kept.values[tag.removeprefix("metrics/")] = events.Scalars(tag)[-1].value
        lines = text.tensor_proto.string_val[0].decode().splitlines()
        kept.values |= dict(x[2:].split(": ", 1) for x in lines if x.startswith("- "))
        if "training_loss" in events.Tags()["scalars"]:
            kept.losses += [(x.step, x.value) for x in events.Scalars("training_loss")]
    return found


def read_trackio(root: Path, job: Job) -> Runs:
    """By its storage."""
    from trackio.sqlite_storage import SQLiteStorage

    found: dict[str, Kept] = defaultdict(Kept)
    project = f"{job.name}-{job.uid[:8]}"
    for name in SQLiteStorage.get_runs(project):
        kept = found[_name(job, name)]
        kept.times += 1
        for row in SQLiteStorage.get_logs(project, name):
            kept.values |= row
            if "training_loss" in row:
                kept.losses.append((row["step"], row["training_loss"]))
        kept.words = SQLiteStorage.get_run_config(project, name)["words"]
    return found


def read_wandb(root: Path, job: Job) -> Runs:
    """By its messages, from the logs of offline runs: the client reads none itself."""
    found: dict[str, Kept] = defaultdict(Kept)
    ids: dict[str, set[str]] = defaultdict(set)
    for path in sorted((root / "wandb").glob("offline-run-*/*.wandb")):
        name = _name(job, path.stem.removeprefix("run-"))
        kept = found[name]
        for record in _records(path):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                ids[name].add(record.run.run_id)
                kept.words = record.run.notes
            if kind == "summary":
                update = {x.key: json.loads(x.value_json) for x in record.summary.update}
                kept.values |= update
            if kind == "history":
                row = {
                    x.key or x.nested_key[0]: json.loads(x.value_json) for x in record.history.item
                }
                if "training_loss" in row:
                    kept.losses.append((row["step"], row["training_loss"]))
        kept.times = len(ids[name])
    return found


READERS: Mapping[str, Callable[[Path, Job], Runs]] = {
    "mlflow": read_mlflow,
    "tensorboard": read_tensorboard,
    "trackio": read_trackio,
    "wandb": read_wandb,
}


def _name(job: Job, part: str) -> str:
    last = part.rpartition("-")[2]
    return job.name if last == "job" else f"trial {int(last)}"


def _records(path: Path) -> Iterator[Any]:
    """Of a log in LevelDB's format behind a head of its own."""
    from wandb.proto import wandb_internal_pb2

    data, place, whole = path.read_bytes(), _START, b""
    while place + _HEAD <= len(data):
        left = _BLOCK - place % _BLOCK
        if left < _HEAD:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + _HEAD])
        whole += data[place + _HEAD : place + _HEAD + length]
        place += _HEAD + length
        if kind in (1, 4):  # all of it, or its last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(whole)
            whole = b""
            yield record
