"""Which choice moves the quality: shares of the variance between recorded trainings."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.ground.columns import Matrix, columns
from benchmarks.ground.tell import seed_deviation
from benchmarks.ground.trees import held_out
from peftsearch.spaces.configurations.configuration import Configuration


def by_configuration(
    rows: Sequence[Mapping[str, Any]], quality: str, layers: int
) -> tuple[list[Configuration], Matrix]:
    """Each configuration once, and the mean of a measurement over its seeds, `n`."""
    found = defaultdict(list)
    for row in rows:
        found[row["configuration"]].append(row[quality])
    made = [Configuration.from_json(json.loads(text), layers) for text in found]
    return made, np.array([np.mean(x) for x in found.values()])


def shares(rows: Sequence[Mapping[str, Any]], quality: str, layers: int) -> dict[str, Any]:
    """What of the variance between trainings each choice explains, with its standard error over
    repeats of the folds, and the seeds."""
    made, y = by_configuration(rows, quality, layers)
    x, where = columns(made)
    found = held_out(x, y, where)
    several, deviation = seed_deviation(rows, quality)
    if not several:
        deviation = 0.0
    seeds = deviation**2 / (y.var() + deviation**2)
    said = {name: _tell(np.array(lost) * (1 - seeds)) for name, lost in found["lost"].items()}
    return {
        "configurations": len(y),
        "standard_deviation": float(y.std()),
        "shares": dict(sorted(said.items(), key=lambda item: -item[1][0])),
        "seeds": [float(seeds), several],
        "explained": _tell(np.array(found["explained"]) * (1 - seeds)),
        "rank_correlation": _tell(np.array(found["rank_correlation"])),
    }


def _tell(repeats: Matrix) -> list[float]:
    return [float(repeats.mean()), float(repeats.std(ddof=1))]
