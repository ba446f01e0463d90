"""What one pass of gradients says of recorded trainings: whether it pays to ask before a search.

Usage: python -m benchmarks.ground.sensitivity [--pairs tweets,...] [--batches 32]
With the head at the fitted probe and nothing attached, the gradients of all linears of the layers
are added up over some training batches. A layer's matrix of a role is worth the squares of the
`r` largest singular values of its mean gradient at rank `r` (what a step of LoRA of that rank
could take of the loss, as LoRA-GA has it), of a technique without a size all of them; a
configuration the sum of its parts, in logarithms. Told are rank correlations with recorded
quality: of this number, of the configuration's size, of what other pairs lead to expect, and of
the engine's model that knows some trainings, with this number among its features and without.
"""

import argparse
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import sem, spearmanr
from threadpoolctl import threadpool_limits

from benchmarks.search.grid import read_grid
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.search.features import feature_matrix, relevant
from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.batches.batching import training_batches
from peftsearch.workers.runtime.seeds import stream
from peftsearch.workers.training.optimisation import compute_loss
from peftsearch.workers.training.trial_runner import TrialRunner

from .expected import expecting, learn_elsewhere
from .lined import rows_of
from .pairs import EPOCHS, make_job
from .record import HERE
from .surrogates import PREDICTORS, ROWS_SHARE

Matrix = NDArray[np.float64]
Spectrum = Mapping[tuple[int, str], Matrix]
BATCH, KNOWN, DRAWS = 16, (8, 15, 30), 12


def pass_gradients(pair: str, batches: int) -> Spectrum:
    """Squared singular values of the mean gradient, descending, by layer and role."""
    spec = complete_spec(make_job(pair, EPOCHS), Path.cwd())
    runner = TrialRunner.open(spec, "cpu")
    runner.adopt(runner.prepare())
    model, anatomy = runner.backbone.model, spec.anatomy
    found = {}
    for layer in range(anatomy.layers):
        stack, _ = anatomy.locate(layer)
        for role in stack.linears:
            weight = model.get_submodule(anatomy.module(layer, stack.linears[role].path)).weight
            weight.requires_grad_(True)
            found[layer, role] = weight
    order = training_batches(runner.training_rows.lengths, BATCH, stream(0, "sensitivity"))
    for rows in islice(order, batches):
        loss = compute_loss(runner.backbone, runner.training_rows.batch(rows), "float32")
        loss.backward()  # type: ignore[no-untyped-call]
    return {
        place: (torch.linalg.svdvals(x.grad.double() / batches) ** 2).numpy()
        for place, x in found.items()
    }


def foresee(configuration: Configuration, spectrum: Spectrum) -> float:
    """Logarithm of what a configuration can take of the loss; of very little where nothing."""
    parts = [
        _worth(spectrum, layer, module)
        for layer, modules in enumerate(configuration.profile)
        for module in modules
    ]
    return float(np.log10(max(sum(parts), 1e-12)))


def _worth(spectrum: Spectrum, layer: int, module: Module) -> float:
    roles = module.roles or [role for place, role in spectrum if place == layer]
    found = [spectrum[layer, role] for role in roles if (layer, role) in spectrum]
    return float(sum(x[: module.capacity or len(x)].sum() for x in found))


def compare(pair: str, batches: int) -> str:
    """A line of the table."""
    grid, spectrum = read_grid(HERE / pair), pass_gradients(pair, batches)
    members = [x for x in make_space(grid.spec).members if not x.frozen]
    y = np.maximum([grid.truth.quality(x) for x in members], grid.reference.lowest)
    space = make_space(parse_spec(grid.spec.to_json() | {"space": {}}))
    with expecting(learn_elsewhere(rows_of(pair))):
        seen = feature_matrix(members, grid.spec.anatomy)
    told = np.array([foresee(x, spectrum) for x in members])
    size = np.array([float(x) for x in feature_matrix(members, grid.spec.anatomy)[:, 4]])
    cells = [_correlate(x, y) for x in (told, size, seen[:, -1])]
    plain = seen[:, relevant(space, ())]
    low, high = told.min(), told.max()
    more = np.column_stack([plain[:, :-1], (told - low) / (high - low), plain[:, -1]])
    error = ROWS_SHARE * grid.reference.error
    for known in KNOWN:
        both = np.array([_learn(plain, more, y, known, draw, error) for draw in range(DRAWS)])
        apart = both[:, 1] - both[:, 0]
        cells.append(f"{both[:, 0].mean():.2f} ({apart.mean():+.3f} ± {sem(apart):.3f})")
    return f"| {pair} | {' | '.join(cells)} |"


def _learn(
    plain: Matrix, more: Matrix, y: Matrix, known: int, draw: int, error: float
) -> tuple[float, float]:
    """Rank correlations with those that a draw leaves out, without and with the number."""
    order = np.random.default_rng(draw).permutation(len(y))
    train, test = order[:known], order[known:]
    predict = PREDICTORS["ours"]
    found = [predict(x[train], y[train], x[test], error) for x in (plain, more)]
    return tuple(float(spearmanr(x, y[test]).statistic) for x in found)


def _correlate(told: Matrix, y: Matrix) -> str:
    return f"{spearmanr(told, y).statistic:.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", default="tweets,amazon,shallow-tweets,digits")
    parser.add_argument("--batches", type=int, default=32)
    options = parser.parse_args()
    head = ["pair", "gradients", "size", "expected", *(f"ours, {x} known" for x in KNOWN)]
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    with threadpool_limits(1):
        for pair in options.pairs.split(","):
            print(compare(pair, options.batches), flush=True)


if __name__ == "__main__":
    main()
