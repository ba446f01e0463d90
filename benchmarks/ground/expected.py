"""The sum of hinges over features that foresees quality on pairs that it was not fitted to.

Usage: python -m benchmarks.ground.expected [--pairs tweets,amazon,...] [--write]

For each pair it is fitted to the pairs with other rows, each with the mean over seeds, not
below its best floor, in its own standard deviations, and told is the rank correlation with that
pair's own quality, and of its best tenth the share within the foreseen best tenth. Pairs of other
kinds of task that it is not fitted to stand there too: what carries over to them.

With `--write` what all pairs of `--pairs` give becomes what searches expect quality by
(`peftsearch/search/learnt_quality.jsonl`).
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV

from benchmarks.search.grid import read_grid
from peftsearch.search import learnt_quality
from peftsearch.search.features import SUMMARIES, feature_matrix, feature_names
from peftsearch.search.learnt_quality import Hinge
from peftsearch.spaces.space.presets import make_space

from .lined import rows_of
from .record import HERE

Matrix = NDArray[np.float64]
PAIRS = ("tweets", "amazon", "shallow-tweets", "digits")
OTHERS = ("film", "instructions")
PENALTIES = np.logspace(-1, 4, 20)
KNOTS = {True: (0.375, 0.5, 0.625, 0.75, 0.875), False: (0.25, 0.5, 0.75)}
"""Of a rate, which has a best value, and of any other feature."""
_SHIPPED = Path(learnt_quality.__file__).with_name("learnt_quality.jsonl")


class Recorded(NamedTuple):
    """A grid's features `n x d`, and quality in its standard deviations, `n`."""

    features: Matrix
    quality: Matrix


@cache
def read_recorded(name: str) -> Recorded:
    """Of a pair."""
    grid = read_grid(HERE / name)
    members = make_space(grid.spec).members
    worth = np.array([grid.truth.quality(x) for x in members])
    worth = np.maximum(worth, grid.reference.lowest)
    return Recorded(
        feature_matrix(members, grid.spec.anatomy), (worth - worth.mean()) / worth.std()
    )


def is_general(name: str) -> bool:
    """Whether a feature says something of any technique: of those that no grid has, a line over
    shares of some would expect too little."""
    return name in SUMMARIES or name.startswith("role_")


def learn(pairs: Sequence[str]) -> tuple[Hinge, ...]:
    """What expects quality of mean 0 and deviation 1 of the recorded configurations."""
    names, grids = feature_names(), [read_recorded(x) for x in pairs]
    x = np.concatenate([grid.features for grid in grids])
    hinges = [hinge for name in filter(is_general, names) for hinge in hang(name, x)]
    columns = np.column_stack([hinge.value(x[:, names.index(hinge.feature)]) for hinge in hinges])
    centre, spread = columns.mean(0), columns.std(0)
    z, y = (columns - centre) / spread, np.concatenate([grid.quality for grid in grids])
    slopes = RidgeCV(PENALTIES).fit(z, y).coef_
    slopes = (slopes / (z @ slopes).std() / spread).round(6).tolist()
    told = zip(hinges, slopes, centre.round(6).tolist(), strict=True)
    return tuple(x._replace(slope=slope, mean=mean) for x, slope, mean in told)


def hang(name: str, x: Matrix) -> Iterator[Hinge]:
    """Hinges of slope 1 from a feature's least value, and from its knots, up to its greatest one
    in `n x d` configurations."""
    column = x[:, feature_names().index(name)]
    low, top = column.min(), column.max()
    further = KNOTS[name.startswith("rate")] if name in SUMMARIES else ()
    for knot in (low, *(k for k in further if low < k < top)):
        if top > low:
            yield Hinge(name, round(float(knot), 6), round(float(top), 6), 1.0, 0.0)


@cache
def learn_elsewhere(rows: str, pairs: tuple[str, ...] = PAIRS) -> tuple[Hinge, ...]:
    """From the pairs with other rows than these."""
    return learn([x for x in pairs if rows_of(x) != rows])


def expecting(hinges: Sequence[Hinge]) -> AbstractContextManager[object]:
    """For a while features have what these lead to expect, in place of what is shipped."""
    return patch.object(learnt_quality, "_hinges", lambda: hinges)


def foresee(hinges: Sequence[Hinge], features: Matrix) -> Matrix:
    """Expected quality of `n` configurations."""
    with expecting(hinges):
        return learnt_quality.expected_quality(features, feature_names())


def tell(name: str, pairs: tuple[str, ...]) -> str:
    """A line of the table."""
    grid = read_recorded(name)
    seen = foresee(learn_elsewhere(rows_of(name), pairs), grid.features)
    best = len(seen) // 10
    tops = [set(np.argsort(-x)[:best].tolist()) for x in (seen, grid.quality)]
    known = spearmanr(seen, grid.quality).statistic
    return f"| {name} | {len(seen)} | {known:.2f} | {len(tops[0] & tops[1]) / best:.2f} |"


def main() -> None:
    """Print what others foresee, and write what all do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--write", action="store_true", help="make it what searches expect")
    options = parser.parse_args()
    pairs = tuple(options.pairs.split(","))
    print("| pair | configurations | rank correlation | of the best tenth |\n|---|---|---|---|")
    for name in [*pairs, *OTHERS]:
        print(tell(name, pairs))
    if options.write:
        _SHIPPED.write_text("".join(f"{json.dumps(x)}\n" for x in learn(pairs)), "utf-8")


if __name__ == "__main__":
    main()
