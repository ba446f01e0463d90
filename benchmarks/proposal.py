"""How long a batch of proposals takes on one core, against two peers on the same records.

    python benchmarks/proposal.py [--out proposal.json]

Ours: `propose`, a batch of 4, as a job would call it (about 30 features, one fit, up to 2,000
scored candidates for each member of the batch).
Baseline `botorch`: `EnsembleMapSaasSingleTaskGP` for quality and for cost on the same features,
qLogNEHVI with the stock posterior, a batch of 4 from 256 candidates by `optimize_acqf_discrete`.
Baseline `optuna_gp`: Optuna's GPSampler, 4 asks.

The records are made up; only their number matters here. The baselines are left out of the large
sizes, where they take minutes. Takes some minutes. Ends with 1 if a batch of ours takes more
CPU seconds than its limit.
"""

import argparse
import json
import math
import platform
import resource
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import torch
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models.map_saas import EnsembleMapSaasSingleTaskGP
from botorch.models.model_list_gp_regression import ModelListGP
from botorch.optim.optimize import optimize_acqf_discrete
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from threadpoolctl import threadpool_limits

from peftsearch.records.axes import cost_of
from peftsearch.records.trial import Proposal, Trial
from peftsearch.search.design import make_design
from peftsearch.search.features import feature_matrix, relevant
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.techniques.table import NOMINAL_RATE
from tests.search.jobs import make_trial

OURS = "peftsearch"
BATCH, SIZES, BASELINE_MOST = 4, (50, 100, 200, 1_000, 10_000), 200
LIMITS = {200: 1.0, 1_000: 2.0, 10_000: 4.0}
"""CPU seconds of a batch of ours."""
BASELINE_CANDIDATES = 256
Engine = Callable[[JobSpec, list[Trial]], object]


def main() -> int:
    """Run the benchmark; 1 if the limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the JSON here instead of printing it")
    parser.add_argument("--ours", action="store_true", help="leave the baselines out")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    engines: dict[str, Engine] = {OURS: propose_ours}
    if not arguments.ours:
        engines |= {"botorch": propose_botorch, "optuna_gp": propose_optuna}
    torch.set_num_threads(1)
    with threadpool_limits(1):
        rows = run(engines)
    passed = all(row[OURS]["cpu_s"] < LIMITS.get(row["trials"], float("inf")) for row in rows)
    report = {
        "benchmark": "proposal",
        "batch": BATCH,
        "features": len(relevant(make_space(make_spec()))),
        "limits_s": LIMITS,
        "passed": passed,
        "rows": rows,
        "machine": platform.processor() or platform.machine(),
        "versions": {name: version(name) for name in ("torch", "botorch", "optuna")},
    }
    text = json.dumps(report, indent=2)
    if arguments.out:
        arguments.out.write_text(text + "\n")
    else:
        print(text)
    return 0 if passed else 1


def run(engines: dict[str, Engine]) -> list[dict[str, Any]]:
    """One row for each number of trials, after a first call of each that loads and compiles."""
    spec = make_spec()
    records = make_records(spec, max(SIZES))
    for engine in engines.values():
        engine(spec, records[:12])
    return [measure(spec, records[:n], engines) for n in SIZES]


def measure(spec: JobSpec, records: list[Trial], engines: dict[str, Engine]) -> dict[str, Any]:
    """Seconds of each engine for one batch, and how many times ours each baseline takes."""
    row: dict[str, Any] = {"trials": len(records)}
    asked = {x: f for x, f in engines.items() if len(records) <= BASELINE_MOST or x == OURS}
    for name, engine in asked.items():
        wall, cpu = time.perf_counter(), time.process_time()
        engine(spec, records)
        row[name] = {
            "wall_s": round(time.perf_counter() - wall, 2),
            "cpu_s": round(time.process_time() - cpu, 2),
        }
        print(f"{len(records)} trials, {name}: {row[name]}", file=sys.stderr, flush=True)
    row["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    row["cpu_ratios"] = {
        name: round(row[name]["cpu_s"] / row[OURS]["cpu_s"], 2) for name in asked if name != OURS
    }
    return row


def propose_ours(spec: JobSpec, records: list[Trial]) -> object:
    """A batch by this project's engine, with nothing kept from the one before."""
    return propose(spec, records, BATCH, 0)


def propose_botorch(spec: JobSpec, records: list[Trial]) -> object:
    """A batch by BoTorch's parts as they come."""
    space, reference = make_space(spec), find_reference_point(spec, records)
    rng = np.random.default_rng(0)
    pool = [space.sample(rng) for _ in range(BASELINE_CANDIDATES)]
    columns = relevant(space)
    seen = feature_matrix([trial.configuration for trial in records], spec.anatomy)
    x = torch.tensor(seen[:, columns])
    choices = torch.tensor(feature_matrix(pool, spec.anatomy)[:, columns])
    quality = torch.tensor([[trial.measurements["accuracy"]] for trial in records])
    cost = torch.tensor(
        [[-reference.axis(cost_of(spec, trial.configuration))] for trial in records]
    )
    models = []
    for y in (quality.double(), cost.double()):
        model = EnsembleMapSaasSingleTaskGP(x, y)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        models.append(model)
    function = qLogNoisyExpectedHypervolumeImprovement(
        ModelListGP(*models),
        [reference.quality, -reference.axis(reference.cost)],
        x,
        sampler=SobolQMCNormalSampler(torch.Size([64]), seed=0),
        prune_baseline=True,
    )
    with torch.no_grad():
        return optimize_acqf_discrete(function, BATCH, choices, max_batch_size=64)


def propose_optuna(spec: JobSpec, records: list[Trial]) -> object:
    """A batch by Optuna's Gaussian process."""
    space = make_space(spec)
    distributions: dict[str, BaseDistribution] = {
        name: CategoricalDistribution(range(size))
        if name.startswith(("bundle", "roles", "placement"))
        else IntDistribution(0, size - 1)
        for name, size in space.dimensions
    }
    sampler = optuna.samplers.GPSampler(seed=0)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    for trial in records:
        point = encode(space, trial.configuration, np.random.default_rng(0))
        if point is None:
            raise RuntimeError("a record that is not in the space")
        study.add_trial(
            optuna.trial.create_trial(
                params=dict(zip(distributions, point, strict=True)),
                distributions=distributions,
                values=[
                    trial.measurements["accuracy"],
                    math.log10(1 + cost_of(spec, trial.configuration)),
                ],
            )
        )
    return [study.ask(distributions) for _ in range(BATCH)]


def make_spec() -> JobSpec:
    """The default space over an encoder of 12 layers and width 768."""
    config = {
        "model_type": "bert",
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
    }
    model = {"path": "bert-base-uncased", "anatomy": read_anatomy(config).model_dump()}
    return parse_spec(
        {
            "name": "benchmark",
            "model": model,
            "task": {"train": "train.csv"},
            "budget": {"trials": 1000},
            "search": {"repeats": 0.0},
        }
    )


def make_records(spec: JobSpec, n: int, seed: int = 0) -> list[Trial]:
    """The fixed design, then random configurations, all completed."""
    space, rng = make_space(spec), np.random.default_rng(seed)
    tried = [configuration for configuration, _ in make_design(spec, space).fixed]
    tried += [space.sample(rng) for _ in range(n - len(tried))]
    qualities = [emulate(x) + 0.01 * rng.standard_normal() for x in tried]
    proposals = [Proposal(x, i, "sobol") for i, x in enumerate(tried)]
    return [make_trial(i, *x) for i, x in enumerate(zip(proposals, qualities, strict=True))]


def emulate(configuration: Configuration) -> float:
    """A made-up accuracy that rises with adapted capacity and collapses at high rates."""
    offset = math.log10(configuration.learning_rate / NOMINAL_RATE)
    gain = sum(
        (layer + 1) / configuration.depth**2 * math.log2(2 + module.capacity)
        for layer, modules in enumerate(configuration.profile)
        for module in modules
    )
    quality = 0.70 + 0.18 * (1 - math.exp(-gain)) * math.exp(-2 * offset**2)
    return quality if offset < 0.5 or gain == 0 else 0.5


if __name__ == "__main__":
    sys.exit(main())
