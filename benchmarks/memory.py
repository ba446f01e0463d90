"""The memory that a training really takes, against what `training_memory` claims before it.

MiniLM-L6 on film reviews, as `demo:model` and `demo:data`; each training in a process of its own,
which trains the linear probe first, so that libraries are loaded and their buffers made. Read is
how far the resident set rose above what the process held before the training (Linux: `VmHWM`,
which is reset), by its last step and by the end of the trial, with 64 validation rows in one
batch: once as the C library allocates, once where it gives freed blocks of 64 KiB and more back at
once. On a GPU nothing is measured.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.memory [--json benchmarks/memory.json]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.throughput.memory_peak import forget_peak, read_status
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.training_memory import step_bytes, training_memory
from peftsearch.workers.runtime.memory import release_memory
from peftsearch.workers.training.trial_runner import TrialRunner

ALLOCATORS = {"usual": {}, "giving back": {"MALLOC_MMAP_THRESHOLD_": "65536"}}
"""Of glibc, by its environment."""
ALL = ("query", "key", "value", "attention_output", "mlp_in", "mlp_out")
CASES: dict[str, tuple[Module, dict[str, Any]]] = {
    "lora 8 on query and value": (Module("lora", 8, ("query", "value")), {}),
    "lora 8 on all, dropout": (Module("lora", 8, ALL), {"dropout": 0.1}),
    "lora 8 on all, recomputed": (Module("lora", 8, ALL), {"gradient_checkpointing": True}),
    "dora 8 on all": (Module("dora", 8, ALL), {}),
    "full fine-tuning": (Module("full", 0), {}),
}


def open_runner(training: dict[str, Any]) -> TrialRunner:
    """A job of 20 steps of 16 texts, the longest of 64 tokens."""
    data: dict[str, Any] = {
        "name": "memory",
        "model": {"path": "demo:model"},
        "task": {
            "train": "demo:data",
            "train_rows": 320,
            "validation_rows": 64,
            "max_length": 128,
        },
        "budget": {"trials": 1},
        "training": {"epochs": 1, "batch_size": 16, "checkpoints": 1, "precision": "float32"},
    }
    data["training"] |= training
    return TrialRunner.open(complete_spec(data, Path.cwd()), "cpu")


def measure(case: str) -> dict[str, Any]:
    """Train one case; bytes."""
    module, training = CASES[case]
    runner = open_runner(training)
    layers = runner.backbone.anatomy.layers
    runner.evaluate(Configuration((Stratum(0, layers),), 1e-3), 0)
    release_memory()
    before = read_status("VmRSS")
    forget_peak()
    configuration = Configuration((Stratum(0, layers, (module,)),), 1e-3)
    peaks: list[int] = []
    began = time.process_time()
    outcome = runner.evaluate(configuration, 0, lambda *_: peaks.append(read_status("VmHWM")))
    return {
        "case": case,
        "rose": peaks[outcome.provenance["steps"] - 1] - before,
        "cpu_seconds": time.process_time() - began,
        "trial": read_status("VmHWM") - before,
        "process": read_status("VmHWM"),
        "claimed_step": step_bytes(configuration, runner.anatomy),
        "claimed": training_memory(configuration, runner.anatomy),
    }


def main() -> int:
    """Measure all cases, each in its own process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path("benchmarks/memory.json"))
    parser.add_argument("--case", choices=CASES)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case)))
        return 0
    command = [sys.executable, "-m", "benchmarks.memory", "--case"]
    results = []
    for case, (name, changed) in product(CASES, ALLOCATORS.items()):
        done = subprocess.run(
            [*command, case],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | changed,
        )
        found = json.loads(done.stdout.splitlines()[-1])
        results.append({"allocator": name, **found})
        ratio = found["rose"] / found["claimed_step"]
        print(f"{case}, {name}: rose by {ratio:.2f} of the claim", flush=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
