"""What a trial gave, measured and computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import KNOWN_COSTS
from peftsearch.spaces.families.anatomy import Anatomy


@dataclass(frozen=True)
class Outcome:
    """What a trial gave.

    Attributes:
        measurements: Objective name to value.
        tensors: Adapter and head by full name, on the CPU.
        predictions: One for each row of the evaluated split, `n`; with `references` what
            `metrics.score` takes for the task's quality.
        references: The labels of those rows, `n`; of a language model see `metrics.score`.
        curve: Share of the training to mean training loss (`curves.reduce_curve`).
    """

    measurements: Mapping[str, float]
    provenance: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]
    predictions: NDArray[Any]
    references: NDArray[Any]
    curve: Mapping[float, float] = field(default_factory=dict)


def known_costs(configuration: Configuration, anatomy: Anatomy) -> dict[str, float]:
    """The exact costs by objective name."""
    return {name: float(cost(configuration, anatomy)) for name, cost in KNOWN_COSTS.items()}
