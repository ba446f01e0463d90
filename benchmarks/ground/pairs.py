"""Which pairs of a model and a task are fit for a recorded grid: the floor, and the best LoRA.

A search can matter only where the best of a small sweep (uniform LoRA r=8 on queries and values,
three rates) beats the best floor without adapters by several standard errors of the validation
split; five are asked of a dense grid. Everything comes from the packages of `peftsearch.samples`.

Usage: python -m benchmarks.ground.pairs [--pairs film,tweets] [--epochs 4] [--out FILE]
It writes after each training and goes on where it was stopped; `--table` prints what it has.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.heads import cut_layers, write_table
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.results.standing.floors import sort_floors
from peftsearch.spaces.configurations.recipes import RANK, recipe
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.training.trial_runner import TrialRunner

RATES = (10**-3.5, 10**-3.0, 10**-2.5)
SEED, EPOCHS, WANTED = 1, 4.0, 5.0
TRAIN_ROWS = 1000
LARGE = {"validation_fraction": 0.3, "test_fraction": 0.3}
SMALL = {"validation_fraction": 0.4, "test_fraction": 0.25}
"""Of sets of some 3,000 rows: of what is left, 1,000 are trained on."""


@dataclass(frozen=True)
class Pair:
    """A model and a task.

    Attributes:
        model: Gives its path; it may fetch or make it.
        train: Gives its rows.
        task: What else the section `[task]` says.
    """

    model: Callable[[], str]
    train: Callable[[], str]
    task: Mapping[str, Any]


def _text(model: Callable[[], str], source: str, shares: Mapping[str, Any]) -> Pair:
    task = {"train_rows": TRAIN_ROWS, "max_length": 64, "metric": "accuracy", **shares}
    return Pair(model, partial(write_table, source), task)


_ENCODER, _SHALLOW = (lambda: "demo:model"), partial(cut_layers, 3)
_SETS = {
    "film": ("movieReviewSnippets", LARGE),
    "tweets": ("tweets", SMALL),
    "amazon": ("amazonReviewSnippets", SMALL),
    "editorials": ("nytEditorialSnippets", SMALL),
}
PAIRS: Mapping[str, Pair] = {
    **{name: _text(_ENCODER, *x) for name, x in _SETS.items()},
    **{f"shallow-{name}": _text(_SHALLOW, *x) for name, x in _SETS.items()},
    "digits": Pair(
        lambda: "demo:vision",
        lambda: "demo:digits",
        {"kind": "image_classification", "train_rows": 400, "metric": "accuracy", **SMALL},
    ),
    "instructions": Pair(
        lambda: "demo:decoder",
        lambda: "demo:instructions",
        {"kind": "causal_lm", "train_rows": 300, "validation_rows": 300, "max_length": 96},
    ),
}


def make_job(name: str, epochs: float, /, **sections: Any) -> dict[str, Any]:
    """A job on a pair, as plain data; `sections` replace whole ones."""
    pair = PAIRS[name]
    return {
        "name": f"ground-{name}",
        "model": {"path": pair.model()},
        "task": {"train": pair.train(), **pair.task},
        "training": {"epochs": epochs, "precision": "float32"},
        "budget": {"trials": 1},
    } | sections


def measure(name: str, epochs: float, known: dict[str, Any], save: Callable[[], None]) -> None:
    """Add to `known` what is missing: the floors, then the sweep."""
    if known.get("epochs", epochs) != epochs:
        known.clear()
    if len(known.get("lora", {})) == len(RATES):
        return
    spec = complete_spec(make_job(name, epochs), Path.cwd())
    runner, began = TrialRunner.open(spec, "cpu"), time.process_time()
    prepared = runner.prepare()
    runner.adopt(prepared)
    quality = spec.task.quality
    floors = {x.label: x.measurements for x in sort_floors(prepared.preparation, spec)}
    known |= {"epochs": epochs, "quality": quality, "validation_rows": runner.data.held_out}
    known |= {"train_rows": len(runner.data.train.texts), "rows": runner.data.fingerprint}
    known["floors"] = {label: x[quality] for label, x in floors.items() if quality in x}
    known.setdefault("cpu_seconds", {})["floors"] = time.process_time() - began
    save()
    for rate in RATES:
        if f"{rate:.3g}" not in known.setdefault("lora", {}):
            _train(runner, spec, rate, known)
            save()


def _train(runner: TrialRunner, spec: JobSpec, rate: float, known: dict[str, Any]) -> None:
    began = time.process_time()
    outcome = runner.evaluate(recipe("lora", spec.anatomy, RANK, rate), SEED)
    known["lora"][f"{rate:.3g}"] = outcome.measurements[spec.task.quality]
    known["cpu_seconds"][f"{rate:.3g}"] = time.process_time() - began
    known["versions"] = outcome.provenance["versions"]


def tell(results: Mapping[str, Any]) -> str:
    """The table, for the docs; the pairs that discriminate most stand first."""
    lines = [
        "| pair | validation rows | best floor | best LoRA | rate | standard errors | fit |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [row for name, x in results.items() if (row := _row(name, x)) is not None]
    rows.sort(key=lambda row: -row[0])
    return "\n".join([*lines, *(line for _, line in rows)])


def _row(name: str, known: Mapping[str, Any]) -> tuple[float, str] | None:
    if not known.get("floors") or not known.get("lora") or known["quality"] != "accuracy":
        return None  # of a loss no number of rows says how sure it is
    floor, rows = max(known["floors"].values()), known["validation_rows"]
    rate, best = max(known["lora"].items(), key=lambda item: item[1])
    error = math.sqrt(best * (1 - best) / rows)
    apart = (best - floor) / error if error else 0.0
    fit = "yes" if apart >= WANTED else "no"
    cells = (name, f"{rows:,}", f"{floor:.3f}", f"{best:.3f}", rate, f"{apart:.1f}", fit)
    return apart, f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure the chosen pairs, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/ground/pairs.json"))
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument("--table", action="store_true", help="print alone")
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}

    def save() -> None:
        options.out.write_text(json.dumps(results, indent=1) + "\n")

    torch.set_num_threads(1)
    for name in [] if options.table else options.pairs.split(","):
        measure(name, options.epochs, results.setdefault(name, {}), save)
        print(name, json.dumps(results[name]), flush=True)
    print(tell(results))


if __name__ == "__main__":
    main()
