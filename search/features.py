"""What the surrogate sees of a configuration: a vector of `d` numbers, each about 0 to 1.

Everything comes from the canonical profile, the learning rate and what else of the training is
searched, so that equal keys have equal features, and depths and costs are fractions, so that any
model has the same `d`. The summaries (rates relative to a technique's nominal one, cost, adapted
depth) carry most of the signal. The squared distance of the rate from the nominal lets a straight
line over the features say that a rate can be too low and too high
(docs/decisions/0082-a-rate-has-a-best-value.md). The last feature is what recorded trainings of
other models and data lead to expect (`learnt_quality`), of which 1 is a quarter.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.families.anatomy import ROLES, Anatomy
from peftsearch.spaces.space.space import Space
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES, technique

from .learnt_quality import expected_quality
from .surrogates.linear_matern import TREND_UNIT

Matrix = NDArray[np.float64]

_THIRDS = ("bottom", "middle", "top")
_LOWEST_RATE, _DECADES = -4.0, 2.0
"""The usual rates, 1e-4 to 1e-2, span the unit interval on a log scale."""

EXPECTED = "expected"
_EXPECTABLE = (-0.5, 1.5)
"""Far from all that was recorded, expectations are of no more than this."""

SUMMARIES = (
    "rate",
    "rate_over_nominal_mean",
    "rate_over_nominal_max",
    "rate_squared",
    "cost",
    "lowest_adapted",
    "highest_adapted",
    "adapted",
    "density",
    "runs",
    "centroid",
    "size_mean",
    "size_max",
    *(f"cost_{third}" for third in _THIRDS),
    *(f"size_{third}" for third in _THIRDS),
)

_SCALES: Mapping[str, Callable[[float], float]] = {
    "epochs": lambda epochs: (math.log2(epochs) + 1) / 4,
    "batch_size": lambda size: (math.log2(size) - 2) / 4,
    "dropout": lambda share: 5 * share,
}
"""A hyperparameter as a feature: half an epoch to 8, batches of 4 to 64 and dropouts of 0 to 0.2,
the usual ones, span the unit interval, counts on a log scale."""


@cache
def _adapting() -> tuple[str, ...]:
    return tuple(row.name for row in TECHNIQUES.usable() if row.adapts)


@cache
def _sized() -> tuple[str, ...]:
    return tuple(name for name in _adapting() if technique(name).capacities)


@cache
def _inputs() -> tuple[str, ...]:
    return tuple(row.name for row in TECHNIQUES.usable() if row.input is not None)


@cache
def feature_names() -> tuple[str, ...]:
    """Names of all features, `d` of them; those of other packages' techniques among them."""
    return (
        *SUMMARIES,
        *(f"share_{name}" for name in _adapting()),
        *(f"role_{role}" for role in ROLES),
        *(f"size_{name}" for name in _sized()),
        *(f"input_{name}" for name in _inputs()),
        *_SCALES,
        EXPECTED,
    )


def relevant(space: Space, tries: Sequence[Configuration] = ()) -> list[int]:
    """Columns of the features that can differ within a space, so that a table of many techniques
    does not widen every job's surrogate; the last is what is expected.

    A technique's own size is among them where a stratum has several sizes; with one, the general
    summaries say it.
    """
    bundles = {name for bundles in space.bundles for bundle in bundles for name in bundle}
    tried = {module.technique for x in tries for layer in x.profile for module in layer}
    names = bundles | tried
    roles = {role for roles in space.role_sets for role in roles}
    roles |= {role for name in names for role in technique(name).roles or ()}
    virtual = (*space.inputs, *(x.input for x in tries))
    inputs = {module.technique for module in virtual if module is not None}
    wanted = {*SUMMARIES, *(f"role_{role}" for role in roles & space.anatomy.linears.keys())}
    wanted |= {f"share_{name}" for name in names} | {f"input_{name}" for name in inputs}
    wanted |= {f"size_{name}" for name in names} if space.slots > 1 else set()
    wanted |= {*space.training, EXPECTED}
    return [i for i, name in enumerate(feature_names()) if name in wanted]


class _Layer(NamedTuple):
    """One layer's modules in numbers; vectors are over `_adapting()`, `ROLES` and `_sized()`."""

    parameters: float
    size: float
    techniques: tuple[bool, ...]
    roles: tuple[bool, ...]
    sizes: tuple[float, ...]
    rate_mean: float
    rate_max: float


def features(configuration: Configuration, anatomy: Anatomy) -> Matrix:
    """Features of one configuration, `d` numbers named by `feature_names`."""
    row: Matrix = feature_matrix([configuration], anatomy)[0]
    return row


def feature_matrix(configurations: Sequence[Configuration], anatomy: Anatomy) -> Matrix:
    """Features of `n` configurations, `n x d`."""
    if not configurations:
        return np.empty((0, len(feature_names())))
    layers, table = _index_layers(configurations, anatomy)
    rates = [round(float(np.log10(x.learning_rate)), 6) for x in configurations]
    inputs = [[_input_size(x.input, name) for x in configurations] for name in _inputs()]
    columns = _columns(layers, table, np.array(rates), anatomy)
    training = [[_training(x, name) for x in configurations] for name in _SCALES]
    seen = np.column_stack([*columns, *map(np.array, [*inputs, *training])])
    expected = 0.5 + TREND_UNIT * expected_quality(seen, feature_names()[:-1])
    return np.column_stack([seen, np.clip(expected, *_EXPECTABLE)])


def _training(configuration: Configuration, name: str) -> float:
    """0 where it is not said: then it is equal for all of the job, or a dropout of nothing."""
    value = configuration.training.said.get(name)
    return 0.0 if value is None else _SCALES[name](value)


def _input_size(module: Module | None, name: str) -> float:
    return _size(module) if module is not None and module.technique == name else 0.0


def _size(module: Module) -> float:
    """Capacity on a log scale, 1 at the top of the technique's usual ladder."""
    largest = max(technique(module.technique).capacities, default=1)
    return float(np.log2(2 * module.capacity) / np.log2(2 * largest)) if module.capacity else 0.0


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
    sizes = {module.technique: _size(module) for module in modules}
    roles = {role for module in modules for role in module.roles}
    offsets = [
        float(np.log10(technique(x.technique).rate * x.rate / NOMINAL_RATE))
        for x in sorted(modules)
    ]
    return _Layer(
        float(layer_parameters(modules, anatomy)),
        max(sizes.values(), default=0.0),
        tuple(name in sizes for name in _adapting()),
        tuple(role in roles for role in ROLES),
        tuple(sizes.get(name, 0.0) for name in _sized()),
        sum(offsets) / len(offsets) if offsets else 0.0,
        max(offsets, default=0.0),
    )


def _columns(
    layers: NDArray[np.int64], table: list[_Layer], rates: Matrix, anatomy: Anatomy
) -> list[Matrix]:
    """The features of layers and rates as columns of `n`, in the order of `feature_names`."""
    depth = layers.shape[1]
    parameters = np.array([row.parameters for row in table])[layers]
    size = np.array([row.size for row in table])[layers]
    offset_mean = np.array([row.rate_mean for row in table])[layers]
    offset_max = np.array([row.rate_max for row in table])[layers]
    adapted = np.array([any(row.techniques) for row in table])[layers]
    runs = 1 + (layers[:, 1:] != layers[:, :-1]).sum(1)
    count = adapted.sum(1)
    some = count > 0
    lowest = np.where(some, adapted.argmax(1), depth)
    highest = np.where(some, depth - adapted[:, ::-1].argmax(1), 0)
    rate = (rates - _LOWEST_RATE) / _DECADES
    mean_rate = rate + _mean_where(offset_mean, adapted) / _DECADES
    top = np.log10(_backbone_size(anatomy))
    middles = (np.arange(depth) + 0.5) / depth
    thirds = np.array_split(np.arange(depth), len(_THIRDS))
    return [
        rate,
        mean_rate,
        rate + offset_max.max(1, initial=-np.inf, where=adapted | ~some[:, None]) / _DECADES,
        (2 * mean_rate - 1) ** 2,
        np.log10(1 + parameters.sum(1)) / top,
        lowest / depth,
        highest / depth,
        count / depth,
        count / np.maximum(highest - lowest, 1),
        np.minimum(np.log2(runs) / 3, 1.0),
        (parameters * middles).sum(1) / np.maximum(parameters.sum(1), 1),
        _mean_where(size, size > 0),
        size.max(1),
        *(np.log10(1 + parameters[:, third].sum(1)) / top for third in thirds),
        *(size[:, third].sum(1) / max(len(third), 1) for third in thirds),
        *np.array([row.techniques for row in table])[layers].mean(1).T,
        *np.array([row.roles for row in table])[layers].mean(1).T,
        *np.array([row.sizes for row in table])[layers].mean(1).T,
    ]


def _mean_where(values: Matrix, mask: NDArray[np.bool_]) -> Matrix:
    """Mean along the rows over the masked entries; 0 where there are none."""
    mean: Matrix = (values * mask).sum(1) / np.maximum(mask.sum(1), 1)
    return mean


def _backbone_size(anatomy: Anatomy) -> int:
    return sum(sum(stack.weights().values()) for stack, _ in anatomy.each())
