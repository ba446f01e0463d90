"""Prompts that are made from the text, or are more than embeddings, beside prompt tuning, LoRA and
IA3 at about equal bytes, with the time of a request beside.

MiniLM-L6 on 160 product reviews of at most 32 tokens, two epochs, 300 validation rows. The first
seed finds the better of two rates of each arm, and further seeds are trained at it. Each arm is
compared with a plain one row by row: the error of a difference is that of the rows.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.prompts [--out benchmarks/prompts.jsonl] [--seeds 2]
       [--table]
It writes after each training, and goes on where it was stopped. `--table` prints what there is.
"""

import argparse
import statistics
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.heads import write_table
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.configurations.training_flops import training_flops
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.measures import latency
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.trained import Trained
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.json_lines import Row, add, read

RATES = (1e-3, 3e-3)
"""Relative to the nominal one, which stands at 1e-3."""
CHOOSING = 1
"""The seed that rates are chosen by, and at which a request is timed."""
ARMS: dict[str, tuple[Module, str]] = {
    "prompt 8": (Module("prompt", 8), ""),
    "dept 4": (Module("dept", 4), "prompt 8"),
    "cpt 8": (Module("cpt", 8), "prompt 8"),
    "ia3": (Module("ia3", 0, ("key", "value", "mlp_out")), ""),
    "lora 8": (Module("lora", 8, ("query", "value")), ""),
    "iapt 16": (Module("iapt", 16), "lora 8"),
    "apt 32": (Module("apt", 32), "lora 8"),
    "lopa 4": (Module("lopa", 4), "lora 8"),
}
"""With the plain arm of about as many bytes that each is compared with; LOPA has no smaller
size."""


def configuration(module: Module, anatomy: Anatomy, rate: float) -> Configuration:
    """The module in all layers, or in the input."""
    whole = Stratum(0, anatomy.layers)
    if technique(module.technique).input is not None:
        return Configuration((whole,), rate, module)
    return Configuration((Stratum(0, anatomy.layers, (module,)),), rate)


def open_runner() -> TrialRunner:
    """Of a job of two epochs, with its floors."""
    rows = {"train_rows": 160, "validation_rows": 300, "max_length": 32}
    data = {
        "name": "prompts",
        "model": {"path": "demo:model"},
        "task": {"train": write_table("amazonReviewSnippets"), **rows},
        "training": {"epochs": 2, "checkpoints": 1, "precision": "float32"},
        "budget": {"trials": 1},
    }
    return TrialRunner.open(complete_spec(data, Path.cwd()), "cpu")


def train(runner: TrialRunner, arm: str, rate: float, seed: int, timed: bool) -> Row:
    """One training; where it is asked for, how much longer a batch takes than without."""
    found = configuration(ARMS[arm][0], runner.spec.anatomy, rate)
    outcome = runner.evaluate(found, seed)
    told = outcome.measurements
    row: Row = {"arm": arm, "rate": rate, "seed": seed, "accuracy": told["accuracy"]}
    row |= {"loss": told["loss"], "bytes": adapter_bytes(found, runner.spec.anatomy)}
    row |= {"seconds": round(told["training_seconds"], 2)}
    row |= {"right": "".join(str(int(x)) for x in outcome.predictions == outcome.references)}
    row |= {"flops": training_flops(found, runner.anatomy)}
    if timed:
        clock = Clock(0, lambda done, total: None, None)
        measured = latency.measure(Trained(runner, found, seed, outcome, clock))
        row |= {
            "latency": round(measured.value, 4),
            "latency_error": round(measured.error or 0, 4),
        }
    return row


def best_rate(rows: list[Row], arm: str) -> float:
    """Of the highest accuracy of the choosing seed, then of the lowest loss."""
    tried = [x for x in rows if x["arm"] == arm and x["seed"] == CHOOSING]
    return float(max(tried, key=lambda x: (x["accuracy"], -x["loss"]))["rate"])


def run(out: Path, seeds: int) -> None:
    """What is missing: rates first, so that a run that is stopped early has every arm."""
    rows, runner = read(out), open_runner()
    torch.set_num_threads(1)
    runner.adopt(prepared := runner.prepare())
    floors = {x.name: x.measurements["accuracy"] for x in prepared.preparation.floors}
    if not any("floors" in x for x in rows):
        append(out, rows, {"arm": "floors", "floors": floors})
    for arm, rate, seed in plan(rows, seeds):
        done = {(x["arm"], x.get("rate"), x.get("seed")) for x in rows}
        if (arm, rate, seed) not in done:
            append(
                out, rows, train(runner, arm, rate, seed, seed == CHOOSING and rate == RATES[0])
            )


def plan(rows: list[Row], seeds: int) -> Iterator[tuple[str, float, int]]:
    """Arm, rate and seed; rates are looked up when they are known."""
    yield from ((arm, rate, CHOOSING) for rate in RATES for arm in ARMS)
    later = range(CHOOSING + 1, CHOOSING + seeds)
    yield from ((arm, best_rate(rows, arm), seed) for seed in later for arm in ARMS)


def append(path: Path, rows: list[Row], row: Row) -> None:
    """Keep a row at once."""
    rows.append(row)
    add(path, row)
    print(row, flush=True)


def table(rows: list[Row]) -> Iterator[str]:
    """Each arm at its rate, and what it has more than its plain arm."""
    yield "| arm | bytes | rate | accuracy | beside | difference | request | seeds |"
    yield "|" + "---|" * 8
    for arm, (_, plain) in ARMS.items():
        own, other = compared(rows, arm), compared(rows, plain) if plain else {}
        if not own:
            continue
        first = own[min(own)]
        mean = statistics.mean(x["accuracy"] for x in own.values())
        timed = [x["latency"] for x in rows if x["arm"] == arm and "latency" in x]
        cells = (arm, f"{first['bytes']:,}", f"{first['rate']:.0e}", f"{mean:.3f}", plain)
        last = (difference(own, other), f"{timed[0]:.2f}" if timed else "", str(len(own)))
        yield f"| {' | '.join((*cells, *last))} |"


def compared(rows: list[Row], arm: str) -> dict[int, Row]:
    """Trainings of an arm by seed, at its rate."""
    own = [x for x in rows if x["arm"] == arm]
    rate = best_rate(rows, arm) if own else 0.0
    return {x["seed"]: x for x in own if x["rate"] == rate}


def difference(own: dict[int, Row], other: dict[int, Row]) -> str:
    """Mean over rows of the difference of the seeds that both have, and its standard error."""
    seeds = sorted(own.keys() & other.keys())
    if not seeds:
        return ""
    right = [[[int(x) for x in side[i]["right"]] for i in seeds] for side in (own, other)]
    gaps = torch.tensor(right[0]).float().mean(0) - torch.tensor(right[1]).float().mean(0)
    return f"{gaps.mean():+.3f} ± {gaps.std() / len(gaps) ** 0.5:.3f}"


def main() -> None:
    """Measure, or print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/prompts.jsonl"))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if not options.table:
        run(options.out, options.seeds)
    print("\n".join(table(read(options.out))))


if __name__ == "__main__":
    main()
