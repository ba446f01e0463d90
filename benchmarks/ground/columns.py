"""A configuration as numbers for models of trees, by the question that they answer.

They are neither the columns that our engine models nor those that any peer does, so that what is
said from them about recorded trainings favours nobody.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.families.anatomy import ROLES

Matrix = NDArray[np.float64]
TECHNIQUES = ("bitfit", "dora", "ia3", "ln_tuning", "lora", "rslora")
"""Those of the default space."""


def _rate(configuration: Configuration) -> list[float]:
    return [float(np.log10(configuration.learning_rate))]


def _techniques(configuration: Configuration) -> list[float]:
    return _shares(configuration, lambda x: (x.technique,), TECHNIQUES)


def _roles(configuration: Configuration) -> list[float]:
    return _shares(configuration, lambda x: x.roles, ROLES)


def _shares(
    configuration: Configuration, names: Callable[[Module], Sequence[str]], known: Sequence[str]
) -> list[float]:
    """Of the adapted layers, how many have each name."""
    layers = [{name for x in layer for name in names(x)} for layer in configuration.profile]
    adapted = [x for x, layer in zip(layers, configuration.profile, strict=True) if layer]
    return [sum(name in x for x in adapted) / max(len(adapted), 1) for name in known]


def _ranks(configuration: Configuration) -> list[float]:
    """Mean and largest power of two of what has a size."""
    sizes = [np.log2(x.capacity) for layer in configuration.profile for x in layer if x.capacity]
    return [float(np.mean(sizes)), float(max(sizes))] if sizes else [-1.0, -1.0]


def _layers(configuration: Configuration) -> list[float]:
    """Which carry anything, how many, the lowest and the highest."""
    carried = [float(bool(layer)) for layer in configuration.profile]
    adapted = np.flatnonzero(carried)
    ends = [float(adapted[0]), float(adapted[-1])] if len(adapted) else [float(len(carried)), -1.0]
    return [*carried, sum(carried), *ends]


def _boundaries(configuration: Configuration) -> list[float]:
    """How often neighbouring layers differ, and where first and last."""
    profile = configuration.profile
    changes = [i for i in range(1, len(profile)) if profile[i] != profile[i - 1]]
    return [float(len(changes)), *map(float, (changes[0], changes[-1]) if changes else (0, 0))]


QUESTIONS: Mapping[str, Callable[[Configuration], list[float]]] = {
    "technique": _techniques,
    "rank": _ranks,
    "layers": _layers,
    "boundaries": _boundaries,
    "roles": _roles,
    "rate": _rate,
}


def columns(configurations: Sequence[Configuration]) -> tuple[Matrix, dict[str, list[int]]]:
    """All numbers, `n x d`, and which columns answer which question."""
    parts = {name: np.array([f(x) for x in configurations]) for name, f in QUESTIONS.items()}
    stops = np.cumsum([x.shape[1] for x in parts.values()])
    starts = [0, *stops[:-1]]
    where = {name: list(range(i, j)) for name, i, j in zip(parts, starts, stops, strict=True)}
    return np.column_stack([*parts.values()]), where
