"""Would a trial that `training.stop_collapsed` ends have come to anything?

MiniLM-L6 on rated film sentences, four techniques at rates up to a thousand times the usual one,
trained to the end with every loss kept; then several bounds are held against those losses.

Usage: python benchmarks/collapse.py [--out benchmarks/collapse.json]
It writes after each training, and goes on where it was stopped.
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.training.collapse import FACTOR, check_progress
from peftsearch.workers.training.trial_failures import Collapsed, TrialFailure
from peftsearch.workers.training.trial_runner import TrialRunner

JOB = {
    "name": "collapse",
    "model": {"path": "demo:model"},
    "task": {
        "train": "demo:data",
        "train_rows": 320,
        "validation_rows": 300,
        "max_length": 48,
    },
    "training": {"epochs": 3, "checkpoints": 1, "precision": "float32"},
    "budget": {"trials": 1},
}
RATES = (2e-3, 1e-2, 3e-2, 1e-1, 3e-1, 9e-1)
"""Searched are 1.8e-4 to 5.6e-3; each technique is trained at its own multiple of them."""
TECHNIQUES = {
    "lora": Module("lora", 8, ("query", "value")),
    "ia3": Module("ia3", 0, ("key", "value", "mlp_out")),
    "bitfit": Module("bitfit"),
    "serial": Module("serial", 16),
}
FACTORS = (1.5, 2.0, 3.0, 4.0)
NOISE = 0.05
"""Two standard errors of accuracy on the validation rows."""


class Recorder(TrialRunner):
    """Trains to the end and keeps every loss."""

    losses: tuple[float, ...] = ()

    def _check_progress(self, losses: Sequence[float], steps: int) -> None:
        self.losses = tuple(losses)


def measure(runner: Recorder, configuration: Configuration) -> dict[str, Any]:
    """How a training ends, with its losses."""
    runner.losses = ()
    try:
        found = runner.evaluate(configuration, 1, watched=True).measurements
        end: dict[str, Any] = {x: round(found[x], 4) for x in ("accuracy", "loss")}
    except TrialFailure as failure:
        end = {"failure": failure.kind}
    return end | {"losses": [round(x, 4) for x in runner.losses]}


def judge(known: dict[str, Any], constant: float) -> None:
    """Print, for several bounds, which trainings they end and how those would have ended."""
    scores = {name: row["accuracy"] for name, row in known.items() if "accuracy" in row}
    best = max(scores.values())
    for factor in FACTORS:
        ended = {x for x in scores if is_ended(known[x]["losses"], factor / FACTOR * constant)}
        lost = sorted(x for x in ended if scores[x] > best - NOISE)
        kept = min((scores[x] for x in scores.keys() - ended), default=math.nan)
        highest = max((scores[x] for x in ended), default=math.nan)
        print(
            f"{factor} times a constant answer: {len(ended)} of {len(scores)} ended, the best of "
            f"them would score {highest:.3f}, {lost} within {NOISE} of the best {best:.3f}; the "
            f"worst that goes on scores {kept:.3f}"
        )


def is_ended(losses: Sequence[float], constant: float) -> bool:
    """Whether the rule ends a training with these losses, for a constant answer of that loss."""
    try:
        for done in range(1, len(losses) + 1):
            check_progress(losses[:done], len(losses), constant)
    except Collapsed:
        return True
    return False


def main() -> None:
    """Train what is missing, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/collapse.json"))
    options = parser.parse_args()
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    torch.set_num_threads(1)
    runner = Recorder.open(complete_spec(JOB, Path.cwd()), "cpu")
    assert isinstance(runner, Recorder)
    runner.adopt(runner.prepare())
    layers = runner.spec.anatomy.layers
    for rate in RATES:
        for technique, module in TECHNIQUES.items():
            name = f"{technique} {rate:g}"
            if name not in known:
                found = measure(runner, Configuration((Stratum(0, layers, (module,)),), rate))
                known[name] = found
                options.out.write_text(json.dumps(known, indent=1) + "\n")
                print(name, {x: found[x] for x in found if x != "losses"}, flush=True)
    judge(known, math.log(2))


if __name__ == "__main__":
    main()
