"""Trials of our own trainer in a process that loads model and data once, one after another.

`benchmarks.throughput.scripts` starts it with a job and a folder, and asks for trials by a line of
JSON each. It answers by a line: first what loading took, with the job's head and rows in files
that the scripts start from, then each trial.
"""

import json
import sys
from pathlib import Path
from typing import Any

from .memory_peak import forget_peak, read_status
from .timers import Timers


def open_job(job: dict[str, Any], timers: Timers) -> Any:
    """A runner that is ready for trials; the parts are timed."""
    timers.begin("importing libraries")
    from peftsearch.jobs.jobfile import complete_spec
    from peftsearch.workers.runtime.memory import keep_loaded
    from peftsearch.workers.training.trial_runner import TrialRunner

    timers.end()
    timers.begin("data and model")
    runner = TrialRunner.open(complete_spec(job, Path.cwd()), "cpu")
    timers.end()
    timers.begin("preparation: floors, head")
    runner.adopt(runner.prepare())
    runner.describe()
    keep_loaded()  # as a worker does
    timers.end()
    return runner


def time_parts(timers: Timers) -> None:
    """Training steps, with the states that the first trial of a depth makes for them, and passes
    over rows that are scored."""
    from peftsearch.workers.training import evaluation, kept_states, trainer

    timers.time(trainer, "train", "training")
    timers.time(kept_states, "make_states", "training")
    timers.time(evaluation, "predict_logits", "evaluation")


def write_for_scripts(runner: Any, folder: Path) -> dict[str, Any]:
    """What a script needs to train the same: the head's start and the rows."""
    from safetensors.torch import save_file

    start = {name.rpartition(".")[2]: x for name, x in (runner.backbone.start or {}).items()}
    save_file(start, folder / "head.safetensors")
    rows = {}
    for name in ("train", "validation"):
        encoded = runner.encoded(name)
        texts = [" ".join(x) if isinstance(x, tuple) else x for x in runner.split(name).texts]
        rows[name] = {"text": texts, "label": encoded.labels.tolist()}
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    return {
        "model": str(runner.backbone.folder),
        "pooling": runner.backbone.pooling,
        "head": str(folder / "head.safetensors"),
        "head_rate": runner.backbone.head_rate,
        "rows": str(folder / "rows.json"),
        "max_length": runner.spec.task.max_length,
    }


def train(runner: Any, asked: dict[str, Any], timers: Timers) -> dict[str, Any]:
    """One trial."""
    from peftsearch.spaces.configurations.configuration import Configuration

    forget_peak()
    timers.seconds.clear()
    timers.begin("around")
    made = Configuration.from_json(asked["configuration"])
    outcome = runner.evaluate(made, asked["seed"])
    timers.end()
    accuracy = float(outcome.measurements["accuracy"])
    parts = {name: x for name, x in timers.seconds.items() if name != "the rest"}
    return {"accuracy": accuracy, "cpu_seconds": parts, "peak_bytes": read_status("VmHWM")}


def main() -> None:
    """Answer until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    job, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
    timers = Timers()

    def answer(told: dict[str, Any]) -> None:
        print(json.dumps(told), file=answers, flush=True)

    runner = open_job(job, timers)
    time_parts(timers)
    loading = dict(timers.seconds)
    answer({"cpu_seconds": loading, "start": write_for_scripts(runner, folder)})
    for line in sys.stdin:
        answer(train(runner, json.loads(line), timers))


if __name__ == "__main__":
    main()
