"""A training of ours beside the script that most people write, and beside a tuned one.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.throughput.scripts [--count 6] [--rows 300]
Arms: `usual` and `tuned`, each a process (`usual_script`), and `ours`, trials of one process that
has loaded model and data (`our_trials`). With few top layers ours trains once more (`again`),
since all trials of a depth but the first find the states below it kept. All train the same
configurations of a recorded search from the same head on the same rows, as long, in batches of one
size and at the same rates. Told are CPU seconds, the peak of the resident set and the validation
accuracy. The arms take turns, so that what else the machine does hits all alike. Each training is
one line of `--out`; what is there is not run again, and `--table` prints the tables of it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.ground.pairs import make_job
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique
from peftsearch.workers.files.peft_format import express
from tests.json_lines import add, read

from .script_tables import AGAIN, OURS, SCRIPTS, tell
from .visited import HEADS, TOP, Case, choose

PAIR, SEED, BATCH, EPOCHS = "amazon", 1, 16, 2
ARMS = (*SCRIPTS, OURS)


class Ours:
    """The process of our trials."""

    def __init__(self, job: Mapping[str, Any], folder: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.throughput.our_trials"]
        self._process = subprocess.Popen(
            [*command, json.dumps(job), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.loaded = self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("expected an answer of our process; got none, see its messages above")
        found: dict[str, Any] = json.loads(line)
        return found

    def train(self, case: Case) -> dict[str, Any]:
        """One trial."""
        assert self._process.stdin is not None
        asked = {"configuration": case.configuration.to_json(), "seed": SEED}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return self._read()

    def close(self) -> None:
        """It ends with its input."""
        self._process.communicate()


def run_script(
    case: Case, anatomy: Anatomy, start: Mapping[str, Any], tuned: bool, folder: Path
) -> dict[str, Any]:
    """One training by a script; what the process took beside its parts is `around`."""
    made = case.configuration
    express(made, anatomy, HEADS).save_pretrained(str(folder / "adapter"))  # type: ignore[union-attr]
    factor = technique(case.technique).rate / NOMINAL_RATE
    asked = {
        **start,
        "adapter": str(folder / "adapter"),
        "rate": made.learning_rate * factor,
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "seed": SEED,
        "tuned": tuned,
        "folder": str(folder / "kept"),
    }
    question, answer = folder / "asked.json", folder / "told.json"
    question.write_text(json.dumps(asked), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.throughput.usual_script"]
    process = subprocess.Popen([*command, str(question), str(answer)])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"expected the script to train; it ended with {process.returncode}")
    told: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    parts = {x: told["cpu_seconds"].get(x, 0.0) for x in ("loading", "training", "evaluation")}
    parts["around"] = used.ru_utime + used.ru_stime - sum(parts.values())
    return told | {"cpu_seconds": parts}


def run(cases: list[Case], rows: int, out: Path, note: str) -> None:
    """Train what is missing."""
    done = {(x["configuration"], x["arm"]) for x in read(out) if "arm" in x}
    left = [
        (case, arm)
        for i, case in enumerate(cases)
        for arm in _order(i, case)
        if (json.dumps(case.configuration.to_json()), arm) not in done
    ]
    if not left:
        return
    job = make_job(PAIR, EPOCHS, budget={"trials": 1})
    job["task"] |= {"train_rows": rows, "validation_rows": rows}
    job["training"] |= {"batch_size": BATCH}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = Ours(job, folder)
        add(out, {"loading": ours.loaded["cpu_seconds"], "rows": rows, "note": note})
        anatomy = complete_spec(job, Path.cwd()).anatomy
        for case, arm in left:
            if arm in (OURS, AGAIN):
                found = ours.train(case)
            else:
                found = run_script(case, anatomy, ours.loaded["start"], arm == "tuned", folder)
            known = {"configuration": json.dumps(case.configuration.to_json()), "arm": arm}
            about = {"label": case.label, "origin": case.origin, "rows": rows}
            add(out, {**known, **about, **found})
            print(case.label, arm, found["accuracy"], found["cpu_seconds"], flush=True)
        ours.close()


def _order(place: int, case: Case) -> tuple[str, ...]:
    """Each arm is first, second and last alike."""
    own = (AGAIN,) if case.origin == TOP else ()
    return (*ARMS[place % 3 :], *ARMS[: place % 3], *own)


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/throughput/scripts.jsonl"))
    parser.add_argument("--count", type=int, default=6, help="of visited configurations")
    parser.add_argument("--rows", type=int, default=300, help="for training, and for validation")
    parser.add_argument("--table", action="store_true", help="print alone")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    if not options.table:
        cases, note = choose(PAIR, options.count)
        run(cases, options.rows, options.out, note)
    print(tell(read(options.out)))


if __name__ == "__main__":
    main()
