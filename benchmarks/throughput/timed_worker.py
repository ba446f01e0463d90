"""A worker process whose parts are timed; it writes them to a file when it ends."""

import json
import os
from pathlib import Path
from typing import Any

from .timers import Timers

FOLDER = "PEFTSEARCH_PARTS"
"""Environment variable: the folder that each worker writes `PID.json` into."""
LIBRARIES = "importing libraries"
TRIAL = "a trial: the rest"
TURN = "a turn of the loop: the rest"


def work(assignment: Any, status: Any) -> None:
    """In place of the pool's own entry point."""
    timers = Timers()
    timers.time_imports(LIBRARIES)
    from peftsearch.workers.processes import pool

    time_parts(timers)
    try:
        pool._child(assignment, status)
    finally:
        timers.begin("the end")
        timers.end()
        found = {"seconds": timers.seconds, "calls": timers.calls}
        file = Path(os.environ[FOLDER]) / f"{os.getpid()}.json"
        file.write_text(json.dumps(found), encoding="utf-8")


def time_parts(timers: Timers) -> None:
    """Let the parts of a worker be timed, for good."""
    from peftsearch.search import proposals
    from peftsearch.storage.store import Store
    from peftsearch.workers.artefacts import keeping
    from peftsearch.workers.preparation import opened_job
    from peftsearch.workers.processes import loop
    from peftsearch.workers.runtime import memory
    from peftsearch.workers.training import checkpoints, evaluation, trainer, trial_runner
    from peftsearch.workers.training.clock import Clock

    runner = trial_runner.TrialRunner
    parts = [
        (opened_job, "load_data", "loading data"),
        (opened_job, "choose_length", "loading data"),
        (opened_job, "encode_split", "loading data"),
        (opened_job, "load_backbone", "loading the model"),
        (memory, "keep_loaded", "loading the model"),
        (runner, "prepare", "preparation: floors, head"),
        (runner, "adopt", "preparation: floors, head"),
        (runner, "_count_workload", "preparation: floors, head"),
        (proposals._Batch, "next", "proposals"),
        (loop.WorkerLoop, "_turn", TURN),
        (loop.WorkerLoop, "_work", TRIAL),
        (keeping, "save_adapter", "a trial: saving the adapter"),
        (trainer, "attach", "a trial: attaching"),
        (memory, "release_memory", "a trial: collecting garbage"),
        (trainer, "train", "a trial: training steps"),
        (Clock, "tick", "a trial: telling its steps"),
        (trainer, "tell_errors", "a trial: scores and their errors"),
        (evaluation, "evaluate_outputs", "a trial: scores and their errors"),
        (checkpoints.Checkpoints, "restore", "a trial: checkpoints"),
        (checkpoints.Attachment, "tensors", "a trial: checkpoints"),
    ]
    for owner, name, part in parts:
        timers.time(owner, name, part)
    timers.time(checkpoints.Checkpoints, "after_step", "a trial: checkpoints")

    def name_forward() -> str:
        stop = timers.within("a trial: checkpoints")
        return f"a trial: validation rows, {'checkpoints' if stop else 'at the end'}"

    def name_call() -> str:
        return f"the store, {'of a trial' if timers.within(TRIAL) else 'of a turn'}"

    timers.time(evaluation, "predict_logits", name_forward)
    for name in dir(Store):
        if not name.startswith("_") and name not in ("open", "close", "beside"):
            timers.time(Store, name, name_call)
