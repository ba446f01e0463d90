"""What recorded trainings of other models and data lead to expect of a configuration.

A sum of hinges over the features, fitted to the recorded grids (`benchmarks.ground.expected`),
each grid's quality in its own standard deviations. It says along which line configurations differ
before a job has any training of its own; how far, and which way, its surrogate learns
(docs/decisions/0088-quality-is-expected-from-recorded-trainings.md).
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Hinge(NamedTuple):
    """Adds `slope` for each unit by which a feature is above `knot`, less the mean of that; beyond
    `top`, the most that was recorded, nothing more."""

    feature: str
    knot: float
    top: float
    slope: float
    mean: float

    def value(self, column: Matrix) -> Matrix:
        """Of `n` values of the feature."""
        found: Matrix = self.slope * (np.clip(column, self.knot, self.top) - self.knot - self.mean)
        return found


def expected_quality(features: Matrix, names: Sequence[str]) -> Matrix:
    """Of `n` configurations, in standard deviations of quality; 0 where nothing was learnt, as of
    virtual inputs alone.

    Args:
        features: `n x d`, each about 0 to 1.
        names: Of the features; what was learnt says nothing of further ones.
    """
    found: Matrix = np.zeros(len(features))
    for hinge in _hinges():
        found += hinge.value(features[:, names.index(hinge.feature)])
    inputs = [i for i, name in enumerate(names) if name.startswith("input_")]
    bare = features[:, names.index("adapted")] == 0
    found[bare & (features[:, inputs] > 0).any(axis=1)] = 0.0
    return found


@cache
def _hinges() -> tuple[Hinge, ...]:
    """As they are shipped."""
    text = files("peftsearch.search").joinpath("learnt_quality.jsonl").read_text(encoding="utf-8")
    return tuple(Hinge(*json.loads(line)) for line in text.splitlines())
