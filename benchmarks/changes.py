"""Techniques that change one linear, each against LoRA at equal bytes, on product reviews.

The lower three layers of MiniLM-L6, queries and values, 200 rows, 2 epochs, 300 validation rows.
Of two rates, half a decade apart, each arm takes its better by seed 1, LoRA too; what is compared
are other seeds at that rate, on the same validation rows.

Usage: python -m benchmarks.changes [--out benchmarks/changes.jsonl] [--table]
It writes after each training and goes on where it was stopped; a few CPU minutes in all.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, stdev

import torch

from benchmarks.ground.pairs import make_job
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes, trainable_parameters
from peftsearch.spaces.techniques.table import NOMINAL_RATE, technique
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.json_lines import Row, add, read

ARMS: dict[str, tuple[int, float, str]] = {
    "lora 8": (8, -3.0, ""),
    "lora 4": (4, -3.0, ""),
    "flora": (8, -2.5, "lora 8"),
    "lora_fa": (16, -2.5, "lora 8"),
    "ortho": (16, -2.5, "lora 8"),
    "klora": (8, -3.0, "lora 8"),
    "snell": (8, -1.5, "lora 8"),
    "trlora": (8, -2.5, "lora 4"),
    "deft": (8, -3.0, "lora 8"),
    "osf": (1, -2.5, "lora 8"),
}
"""Size, logarithm of the lowest rate, and the arm that takes as many bytes."""
CHOOSING, COMPARED = 1, (2, 3)
"""Seeds by which rates are chosen, and those that are told."""
RATES = 2
TASK = {"train_rows": 200, "validation_rows": 300, "max_length": 48}


def configuration(arm: str, rate: float, layers: int) -> Configuration:
    """An arm at an absolute rate."""
    name = arm.split()[0]
    module = Module(name, ARMS[arm][0], ("query", "value"))
    relative = rate * NOMINAL_RATE / technique(name).rate
    return Configuration((Stratum(0, layers, (module,)),), relative)


def rates(arm: str) -> list[float]:
    """Those that are tried."""
    return [float(f"{10 ** (ARMS[arm][1] + 0.5 * i):.3g}") for i in range(RATES)]


def best_rate(arm: str, known: list[Row]) -> float | None:
    """Of the first seed; None before all are trained."""
    found = [x for x in known if x["arm"] == arm and x["seed"] == CHOOSING]
    if len(found) < RATES:
        return None
    return float(max(found, key=lambda x: x["accuracy"])["rate"])


def wanted(known: list[Row]) -> Iterator[tuple[str, float, int]]:
    """What is to be trained next, first all rates."""
    done = {(x["arm"], x["rate"], x["seed"]) for x in known}
    choosing = [(arm, rate, CHOOSING) for arm in ARMS for rate in rates(arm)]
    yield from (x for x in choosing if x not in done)
    for seed in COMPARED:
        for arm in ARMS:
            rate = best_rate(arm, known)
            if rate is not None and (arm, rate, seed) not in done:
                yield arm, rate, seed


def train(runner: TrialRunner, arm: str, rate: float, seed: int) -> Row:
    """One row."""
    anatomy, began = runner.spec.anatomy, time.process_time()
    found = configuration(arm, rate, anatomy.layers)
    measured = runner.evaluate(found, seed).measurements
    return {
        "arm": arm,
        "rate": rate,
        "seed": seed,
        "accuracy": round(measured["accuracy"], 4),
        "loss": round(measured["loss"], 4),
        "trainable_parameters": trainable_parameters(found, anatomy),
        "adapter_bytes": adapter_bytes(found, anatomy),
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def table(known: list[Row]) -> str:
    """Each arm at its rate: by the seed that chose it, and against LoRA of equal bytes by others,
    paired by seed, with the standard error of that where there are two."""
    head = "| technique | size | rate | KB | choosing: accuracy, loss | other seeds | to LoRA |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for arm, (size, _, other) in ARMS.items():
        rate = best_rate(arm, known)
        if rate is None:
            continue
        mine, theirs = _told(arm, known), _told(other, known) if other else {}
        gaps = [mine[seed] - theirs[seed] for seed in mine if seed in theirs]
        error = f", {stdev(gaps) / math.sqrt(len(gaps)):.3f}" if len(gaps) > 1 else ""
        first = next(x for x in known if (x["arm"], x["rate"]) == (arm, rate))
        cells = (
            f"`{arm.split()[0]}`",
            f"{size}",
            f"{rate:g}",
            f"{first['adapter_bytes'] / 1000:.0f}",
            f"{first['accuracy']:.3f}, {first['loss']:.3f}",
            f"{fmean(mine.values()):.3f}" if mine else "",
            f"{fmean(gaps):+.3f}{error}" if gaps else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(arm: str, known: list[Row]) -> dict[int, float]:
    """Accuracy by seed, at the chosen rate."""
    rate = best_rate(arm, known)
    rows = (x for x in known if (x["arm"], x["rate"]) == (arm, rate) and x["seed"] in COMPARED)
    return {x["seed"]: x["accuracy"] for x in rows}


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/changes.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print what there is")
    options = parser.parse_args()
    known = read(options.out)
    if not options.table:
        torch.set_num_threads(1)
        job = make_job("shallow-amazon", 2.0)
        shares = {"train": job["task"]["train"], "metric": "accuracy"}
        spec = complete_spec(job | {"task": shares | TASK}, Path.cwd())
        runner = TrialRunner.open(spec, "cpu")
        runner.adopt(runner.prepare())
        while (following := next(wanted(known), None)) is not None:
            row = train(runner, *following)
            known.append(row)
            print(json.dumps(row), flush=True)
            add(options.out, row)
    print(table(known))


if __name__ == "__main__":
    main()
