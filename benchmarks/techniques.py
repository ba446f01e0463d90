"""Trains every technique of the table once on a real model and real data.

It shows that each row trains, saves and reloads on real weights, and what it reaches at its
nominal rate with one size, one seed and no search: a check of the rates, not a ranking.

Usage: python benchmarks/techniques.py [--model demo:model] [--out benchmarks/techniques.json]
       [--rows 600]
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.applicability import resolve_roles, usable_capacities
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES, Technique
from peftsearch.workers.training.inference import decide
from peftsearch.workers.training.trial_runner import TrialRunner

TASKS: dict[str, dict[str, Any]] = {
    "demo:model": {"train": "demo:data", "max_length": 64},
    "demo:decoder": {"kind": "causal_lm", "train": "demo:instructions", "max_length": 48},
    "demo:vision": {"kind": "image_classification", "train": "demo:digits"},
}
_ROLES = ("query", "value")
COMPARED = 64
"""Validation rows on which the loaded adapter must predict what the trained one did."""


def configuration(row: Technique, anatomy: Anatomy) -> Configuration | None:
    """The technique in every layer at a middle size; None where it does not fit the family."""
    roles = row.roles or resolve_roles(_ROLES, anatomy)
    aimed = tuple(role for role in roles if role in anatomy.linears)
    whole = Stratum(0, anatomy.layers)
    if row.input is not None:
        fits = anatomy.embedding is not None and len(anatomy.stacks) == 1
        tokens = row.capacities[len(row.capacities) // 2]
        module = Module(row.name, tokens)
        return Configuration((whole,), NOMINAL_RATE, module) if fits else None
    sizes = usable_capacities(row, row.capacities or (0,), anatomy, [aimed])
    if not row.adapts or (row.injects and not aimed):
        return None if row.adapts else Configuration((whole,), NOMINAL_RATE)
    usable = [size for size in sizes if size or not row.capacities]
    if not usable:
        return None
    module = Module(row.name, usable[len(usable) // 2], aimed if row.injects else ())
    return Configuration((Stratum(0, anatomy.layers, (module,)),), NOMINAL_RATE)


def measure(runner: TrialRunner, found: Configuration) -> dict[str, Any]:
    """Train once, load what was saved into the model again, and compare the predictions."""
    started = time.perf_counter()
    outcome = runner.evaluate(found, seed=1)
    seconds = time.perf_counter() - started
    data = runner.encoded("validation").head(COMPARED)
    again = decide(runner.spec.task.kind, runner.predict(found, outcome.tensors, data))
    quality = runner.spec.task.quality
    return {
        quality: round(outcome.measurements[quality], 4),
        "trainable_parameters": trainable_parameters(found, runner.spec.anatomy),
        "seconds": round(seconds, 1),
        "reloads": bool(np.allclose(outcome.predictions[:COMPARED], again, rtol=1e-3)),
    }


def run(model: str, rows: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """One result for each technique, in the order of the table."""
    task = TASKS[model] | {"train_rows": rows, "validation_rows": max(200, rows // 3)}
    data = {
        "name": "techniques",
        "model": {"path": model},
        "task": task,
        "training": {"epochs": 1.0, "checkpoints": 1},
        "budget": {"trials": 1},
    }
    runner = TrialRunner.open(complete_spec(data, Path.cwd()), "auto")
    for name, row in TECHNIQUES.items():
        found = configuration(row, runner.spec.anatomy)
        if found is None:
            yield name, {"fits": False}
            continue
        try:
            yield name, measure(runner, found)
        except Exception as error:  # one row that fails must not hide the others
            yield name, {"failed": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Measure all techniques and write after each, so that a long run can be watched."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=TASKS, default="demo:model")
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/techniques.json"))
    options = parser.parse_args()
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    results: dict[str, Any] = {}
    for name, result in run(options.model, options.rows):
        results[name] = result
        print(f"{name:18} {json.dumps(result)}", flush=True)
        machine = {"processor": platform.processor(), "torch": torch.__version__}
        part = {"rows": options.rows, **machine, "results": results}
        options.out.write_text(json.dumps(known | {options.model: part}, indent=1) + "\n")


if __name__ == "__main__":
    main()
