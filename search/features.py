"""What the surrogate sees of a configuration: a vector of `d` numbers, each about 0 to 1.

Everything comes from the canonical profile and the learning rate, so that equal keys have equal
features, and depths and costs are fractions, so that any model has the same `d`. The summaries
(rates relative to a technique's nominal one, cost, adapted depth) carry most of the signal.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.anatomy import ROLES, Anatomy
from peftsearch.spaces.configuration import Configuration, Module
from peftsearch.spaces.cost import layer_parameters
from peftsearch.spaces.techniques import NOMINAL_RATE, RANKS, TECHNIQUES, technique

Matrix = NDArray[np.float64]

_ADAPTING = tuple(name for name, row in TECHNIQUES.items() if row.injects or row.writes_base)
_THIRDS = ("bottom", "middle", "top")
_LOWEST_RATE, _DECADES = -4.0, 2.0
"""The usual rates, 1e-4 to 1e-2, span the unit interval on a log scale."""

FEATURES: tuple[str, ...] = (
    "rate",
    "rate_over_nominal_mean",
    "rate_over_nominal_max",
    "cost",
    "lowest_adapted",
    "highest_adapted",
    "adapted",
    "density",
    "runs",
    "centroid",
    "rank_mean",
    "rank_max",
    *(f"cost_{third}" for third in _THIRDS),
    *(f"rank_{third}" for third in _THIRDS),
    *(f"share_{name}" for name in _ADAPTING),
    *(f"role_{role}" for role in ROLES),
)


class _Layer(NamedTuple):
    """One layer's modules in numbers; vectors are over `_ADAPTING` and `ROLES`."""

    parameters: float
    rank: float
    techniques: tuple[bool, ...]
    roles: tuple[bool, ...]
    rate_mean: float
    rate_max: float


def features(configuration: Configuration, anatomy: Anatomy) -> Matrix:
    """Features of one configuration, `d` numbers named by `FEATURES`."""
    row: Matrix = feature_matrix([configuration], anatomy)[0]
    return row


def feature_matrix(configurations: Sequence[Configuration], anatomy: Anatomy) -> Matrix:
    """Features of `n` configurations, `n x d`."""
    if not configurations:
        return np.empty((0, len(FEATURES)))
    layers, table = _index_layers(configurations, anatomy)
    rates = [round(float(np.log10(x.learning_rate)), 6) for x in configurations]
    return np.column_stack(_columns(layers, table, np.array(rates), anatomy))


def _index_layers(
    configurations: Sequence[Configuration], anatomy: Anatomy
) -> tuple[NDArray[np.int64], list[_Layer]]:
    """`n x L` row numbers into the table of distinct layers, and the table."""
    numbers: dict[tuple[Module, ...], int] = {}
    rows = []
    for configuration in configurations:
        row, last, number = [], None, 0
        for modules in configuration.profile:
            # The layers of a stratum share one tuple, whose hash is the cost of this loop.
            if modules is not last:
                last, number = modules, numbers.setdefault(modules, len(numbers))
            row.append(number)
        rows.append(row)
    return np.array(rows), [_describe(modules, anatomy) for modules in numbers]


def _describe(modules: tuple[Module, ...], anatomy: Anatomy) -> _Layer:
    names = {module.technique for module in modules}
    roles = {role for module in modules for role in module.roles}
    ranks = [module.capacity for module in modules if technique(module.technique).capacities]
    offsets = [float(np.log10(technique(name).rate / NOMINAL_RATE)) for name in sorted(names)]
    return _Layer(
        float(layer_parameters(modules, anatomy)),
        float(np.log2(2 * max(ranks, default=0.5))),
        tuple(name in names for name in _ADAPTING),
        tuple(role in roles for role in ROLES),
        sum(offsets) / len(offsets) if offsets else 0.0,
        max(offsets, default=0.0),
    )


def _columns(
    layers: NDArray[np.int64], table: list[_Layer], rates: Matrix, anatomy: Anatomy
) -> list[Matrix]:
    """The features as columns of `n`, in the order of `FEATURES`."""
    depth = layers.shape[1]
    parameters = np.array([row.parameters for row in table])[layers]
    rank = np.array([row.rank for row in table])[layers] / np.log2(2 * max(RANKS))
    offset_mean = np.array([row.rate_mean for row in table])[layers]
    offset_max = np.array([row.rate_max for row in table])[layers]
    adapted = np.array([any(row.techniques) for row in table])[layers]
    runs = 1 + (layers[:, 1:] != layers[:, :-1]).sum(1)
    count = adapted.sum(1)
    some = count > 0
    lowest = np.where(some, adapted.argmax(1), depth)
    highest = np.where(some, depth - adapted[:, ::-1].argmax(1), 0)
    rate = (rates - _LOWEST_RATE) / _DECADES
    top = np.log10(_backbone_size(anatomy))
    middles = (np.arange(depth) + 0.5) / depth
    thirds = np.array_split(np.arange(depth), len(_THIRDS))
    return [
        rate,
        rate + _mean_where(offset_mean, adapted) / _DECADES,
        rate + offset_max.max(1, initial=-np.inf, where=adapted | ~some[:, None]) / _DECADES,
        np.log10(1 + parameters.sum(1)) / top,
        lowest / depth,
        highest / depth,
        count / depth,
        count / np.maximum(highest - lowest, 1),
        np.minimum(np.log2(runs) / 3, 1.0),
        (parameters * middles).sum(1) / np.maximum(parameters.sum(1), 1),
        _mean_where(rank, rank > 0),
        rank.max(1),
        *(np.log10(1 + parameters[:, third].sum(1)) / top for third in thirds),
        *(rank[:, third].sum(1) / max(len(third), 1) for third in thirds),
        *np.array([row.techniques for row in table])[layers].mean(1).T,
        *np.array([row.roles for row in table])[layers].mean(1).T,
    ]


def _mean_where(values: Matrix, mask: NDArray[np.bool_]) -> Matrix:
    """Mean along the rows over the masked entries; 0 where there are none."""
    mean: Matrix = (values * mask).sum(1) / np.maximum(mask.sum(1), 1)
    return mean


def _backbone_size(anatomy: Anatomy) -> int:
    return anatomy.layers * sum(x.inputs * x.outputs for x in anatomy.linears.values())
