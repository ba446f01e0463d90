"""What hooks in the training loop are worth: each technique against the plain one beside it, at as
many bytes, on product reviews and the lower three layers of MiniLM-L6.

Usage, from the root of the repository:
    python -m benchmarks.hooked run [--seeds 3]      (goes on where it was stopped)
    python -m benchmarks.hooked tell

All arms of one seed see the same rows in the same order. Each is trained at up to two rates,
relative to its own nominal one, first at one with all seeds, and told at the better by the mean
over seeds, as far as all arms were trained so; so is what it is held against.
The error is that of the mean over validation rows of the difference, of all seeds together: it
does not know what other training rows would change.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.ground.pairs import make_job
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes, trainable_parameters
from peftsearch.spaces.configurations.recipes import recipe
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.json_lines import Row, add, read

ROWS = Path("benchmarks/hooked.jsonl")
TRAIN_ROWS, EPOCHS = 320, 2.0
"""40 steps of 16."""
RATES = (3e-3, 1e-3)
_ROLES = ("query", "value")
AGAINST = {
    **dict.fromkeys(
        ("sparse_random 5", "sparse_magnitude 5", "sparse_gradient 5", "sparse_gradient_pooled 5"),
        "lora 2",
    ),
    "spiel 5": "sparse_random 5",
    "lt_sft 5": "sparse_gradient 5",
    "adalora 4": "lora 4",
    "lora_plus 4": "lora 4",
    "experts by depth": "ranks by depth",
}
"""Arms and what each is held against."""


def make_arms(anatomy: Anatomy) -> dict[str, Configuration]:
    """By what they are called: a technique and its size on queries and values of all layers, or
    experts 2, 4, 6 and 8 by quarters of the depth, and ranks of as many numbers."""
    names = dict.fromkeys(["lora 2", "lora 4", *AGAINST, *AGAINST.values()])
    plain = [x.split() for x in names if " by " not in x]
    arms = {f"{name} {size}": _whole(name, int(size), anatomy) for name, size in plain}
    experts = recipe("experts", anatomy)
    strata = tuple(replace(x, modules=_on_roles(x.modules)) for x in experts.strata)
    arms["experts by depth"] = replace(experts, strata=strata)
    arms["ranks by depth"] = replace(
        experts, strata=tuple(replace(x, modules=_as_ranks(x.modules)) for x in strata)
    )
    return arms


def _whole(name: str, size: int, anatomy: Anatomy) -> Configuration:
    return Configuration((Stratum(0, anatomy.layers, (Module(name, size, _ROLES),)),), RATES[0])


def _on_roles(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    return tuple(replace(x, roles=_ROLES) for x in modules)


def _as_ranks(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    """LoRA with as many numbers: an expert of rank 8 and its row of the router are 8.5 ranks of a
    square matrix."""
    return tuple(Module("lora", round(8.5 * x.capacity), x.roles) for x in modules)


def run(seeds: int) -> None:
    """Train what is missing, a whole seed before the next."""
    job = make_job("shallow-amazon", EPOCHS)
    job["task"] |= {"train_rows": TRAIN_ROWS}
    job["training"] |= {"checkpoints": 1, "batch_size": 16}
    runner = TrialRunner.open(complete_spec(job, Path.cwd()), "cpu")
    known = {(x["arm"], x["rate"], x["seed"]) for x in read(ROWS)}
    arms = make_arms(runner.spec.anatomy)
    for rate, seed, arm in product(RATES, range(seeds), arms):
        if (arm, rate, seed) not in known:
            row = measure(runner, replace(arms[arm], learning_rate=rate), seed)
            add(ROWS, {"arm": arm, "rate": rate, "seed": seed} | row)


def measure(runner: TrialRunner, configuration: Configuration, seed: int) -> Row:
    """One training: its quality, and which validation rows it has right, as hexadecimal digits."""
    began, anatomy = time.process_time(), runner.spec.anatomy
    outcome = runner.evaluate(configuration, seed)
    right = np.asarray(outcome.predictions) == np.asarray(outcome.references)
    return {
        "accuracy": round(float(right.mean()), 4),
        "right": np.packbits(right).tobytes().hex(),
        "rows": len(right),
        "bytes": adapter_bytes(configuration, anatomy),
        "parameters": trainable_parameters(configuration, anatomy),
        "training_seconds": round(outcome.measurements["training_seconds"], 2),
        "cpu_seconds": round(time.process_time() - began, 2),
        "hooks": outcome.provenance.get("hooks"),
    }


def tell() -> str:
    """The table, of the seeds that all arms have at the first rate, and of the rates at which they
    have all of these."""
    rows = read(ROWS)
    count = Counter((x["rate"], x["seed"]) for x in rows)
    whole = {x for x, n in count.items() if n == len({row["arm"] for row in rows})}
    seeds = {seed for rate, seed in whole if rate == RATES[0]}
    rates = [rate for rate in RATES if all((rate, seed) in whole for seed in seeds)]
    arms: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["seed"] in seeds and row["rate"] in rates:
            arms[row["arm"]].append(row)
    best = {arm: _best(found) for arm, found in arms.items()}
    lines = [
        f"Seeds: {len(seeds)}; rates: {', '.join(map(str, rates))}.",
        "",
        "| arm | bytes | rate | accuracy | against | difference | standard error | CPU time |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(arm, best) for arm in best)])


def _best(rows: list[Row]) -> list[Row]:
    """At the rate of the better mean."""
    by_rate = {rate: [x for x in rows if x["rate"] == rate] for rate in {x["rate"] for x in rows}}
    return max(by_rate.values(), key=lambda found: np.mean([x["accuracy"] for x in found]))


def _right(rows: list[Row]) -> NDArray[np.float64]:
    """Of each validation row the share of seeds that have it right."""
    bits = [np.unpackbits(np.frombuffer(bytes.fromhex(x["right"]), np.uint8)) for x in rows]
    shares: NDArray[np.float64] = np.mean([x[: rows[0]["rows"]] for x in bits], axis=0)
    return shares


def _line(arm: str, best: Mapping[str, list[Row]]) -> str:
    rows, other = best[arm], AGAINST.get(arm, "")
    mean = np.mean([x["accuracy"] for x in rows])
    cells = [arm, f"{rows[0]['bytes']:,}", f"{rows[0]['rate']:g}", f"{mean:.3f}", other]
    if not other:
        return f"| {' | '.join([*cells, '', '', ''])} |"
    differences = _right(rows) - _right(best[other])
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    times = [np.sum([x["cpu_seconds"] for x in found]) for found in (rows, best[other])]
    cells += [f"{differences.mean():+.3f}", f"{error:.3f}", f"{times[0] / times[1]:.2f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run or tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("run", "tell"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    if options.what == "run":
        run(options.seeds)
    else:
        print(tell())


if __name__ == "__main__":
    main()
