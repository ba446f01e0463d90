"""Two defaults on real data: the best of three states, and float32 weights of a small model.

Uniform LoRA r=8 on query and value of MiniLM-L6, 1,000 training rows, the default 250 steps. At
each state that `training.checkpoints = 3` looks at, the test split is scored beside the validation
rows, so that one training tells what the kept state and the last one are worth on rows that chose
nothing. The same trainings over weights in bfloat16 tell what `model.dtype` does.

Usage: python -m benchmarks.checkpoints [--pairs film,tweets] [--out FILE]
It writes after each training and goes on where it was stopped; `--table` prints what it has.
"""

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import torch

from benchmarks.ground.pairs import PAIRS
from benchmarks.ground.watching import remake
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.recipes import RANK, recipe
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.evaluation import Evaluator
from peftsearch.workers.training.trial_runner import TrialRunner

SEEDS = (1, 2, 3)
DTYPES = ("float32", "bfloat16")
RATES = {"film": 1e-3, "tweets": 10**-2.5}
"""The best of three for each (`ground/pairs.json`)."""
ROWS = {
    "film": {"validation_rows": 1000, "test_fraction": 0.2},
    "tweets": {"validation_rows": 1000},
}


@dataclass
class LookingRunner(TrialRunner):
    """Scores the test split too at each state that is looked at.

    Attributes:
        looks: Of the last training, in order: scores by split.
    """

    looks: list[dict[str, dict[str, float]]] = field(default_factory=list)

    def _evaluator(self, configuration: Configuration) -> Evaluator:
        plain = super()._evaluator(configuration)
        return remake(plain, _Looking, plain=plain, runner=self)


@dataclass(frozen=True)
class _Looking(Evaluator):
    """Scores rows, and notes what a plain one says of the test split at that moment."""

    plain: Any = None
    runner: Any = None

    def measure(self, data: Encoded, clock: Clock) -> Evaluation:
        """See `Evaluator.measure`."""
        found = super().measure(data, clock)
        unheard = Clock(0, lambda done, total: None)
        test = self.plain.measure(self.runner.encoded("test"), unheard)
        looks = {"validation": dict(found.measurements), "test": dict(test.measurements)}
        self.runner.looks.append(looks)
        return found


def make_job(pair: str, dtype: str) -> dict[str, Any]:
    """A job on a pair over weights in that format, with the default length."""
    task = {**PAIRS[pair].task, **ROWS[pair]}
    return {
        "name": "checkpoints",
        "model": {"path": PAIRS[pair].model(), "dtype": dtype},
        "task": {"train": PAIRS[pair].train(), **task},
        "training": {"precision": dtype, "checkpoints": 3},
        "budget": {"trials": 1},
    }


@cache
def open_runner(pair: str, dtype: str) -> LookingRunner:
    """Of a job on a pair over weights in that format."""
    return LookingRunner.open(complete_spec(make_job(pair, dtype), Path.cwd()), "cpu")


def measure(pair: str, dtype: str, seed: int) -> dict[str, Any]:
    """One training: its looks by the steps done, and which of them the job keeps."""
    runner, began = open_runner(pair, dtype), time.process_time()
    runner.looks = []
    outcome = runner.evaluate(recipe("lora", runner.spec.anatomy, RANK, RATES[pair]), seed)
    told = outcome.provenance
    stops = runner.spec.training.stops(told["steps"], runner.spec.task.quality)
    return {
        "looks": dict(zip(map(str, stops), runner.looks, strict=True)),
        "kept": str(told["kept_step"]),
        "rows": {"validation": told["validation_rows"], "test": len(runner.encoded("test"))},
        "training_seconds": outcome.measurements["training_seconds"],
        "cpu_seconds": time.process_time() - began,
        "versions": told["versions"],
    }


def tell(results: Mapping[str, Any]) -> str:
    """The table, for the docs: means of the seeds, on the test split unless it says otherwise."""
    lines = [
        "| set, weights | kept after | accuracy: kept | last | difference "
        "| on validation rows | loss: kept | last | CPU seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    arms = {f"{x}, {y}": list(z.values()) for x, row in results.items() for y, z in row.items()}
    arms["all"] = [x for trainings in arms.values() for x in trainings]
    return "\n".join([*lines, *(_row(name, x) for name, x in arms.items() if x)])


def _row(name: str, trainings: Sequence[Mapping[str, Any]]) -> str:
    kept = [x["looks"][x["kept"]] for x in trainings]
    last = [list(x["looks"].values())[-1] for x in trainings]

    def mean(states: Sequence[Any], metric: str) -> str:
        return f"{statistics.mean(x['test'][metric] for x in states):.4f}"

    def gain(split: str) -> str:
        both = zip(kept, last, strict=True)
        gains = [x[split]["accuracy"] - y[split]["accuracy"] for x, y in both]
        n = len(gains)
        error = f" ± {statistics.stdev(gains) / n**0.5:.4f}" if n > 1 else ""
        return f"{statistics.mean(gains):+.4f}{error}"

    cells = [
        ", ".join(x["kept"] for x in trainings)
        if name != "all"
        else f"{len(trainings)} trainings",
        *(mean(states, "accuracy") for states in (kept, last)),
        *(gain(split) for split in ("test", "validation")),
        *(mean(states, "loss") for states in (kept, last)),
        f"{statistics.mean(x['cpu_seconds'] for x in trainings):.0f}",
    ]
    return f"| {' | '.join([name, *cells])} |"


def main() -> None:
    """Measure the chosen pairs, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/checkpoints.json"))
    parser.add_argument("--pairs", default=",".join(RATES))
    parser.add_argument("--table", action="store_true", help="print alone")
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    torch.set_num_threads(1)
    pairs = [] if options.table else options.pairs.split(",")
    for seed, pair, dtype in product(SEEDS, pairs, DTYPES):
        known = results.setdefault(pair, {}).setdefault(dtype, {})
        if str(seed) not in known:
            known[str(seed)] = measure(pair, dtype, seed)
            options.out.write_text(json.dumps(results, indent=1) + "\n")
            print(f"{pair} {dtype} {seed}: kept {known[str(seed)]['kept']}", flush=True)
    print(tell(results))


if __name__ == "__main__":
    main()
