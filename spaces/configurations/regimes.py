"""The workload of each configuration, in a job that searches how long and how large it trains, and
whether it drops out."""

from collections.abc import Mapping
from typing import Any

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.workload import Workload

from .configuration import Configuration
from .recent import Recent

Values = tuple[float, ...]
"""Of the hyperparameters that tell workloads apart, in the order of the first one's `said`."""


def as_trained(configuration: Configuration, anatomy: Anatomy) -> Anatomy:
    """The anatomy with the workload of the configuration's own epochs and batch size; of what it
    leaves open, the usual value. The same object for the same values."""
    if not anatomy.counted_workload.others:
        return anatomy
    each = _each(anatomy)
    ladders = {
        name: sorted({values[i] for values in each})
        for i, name in enumerate(anatomy.counted_workload.said)
    }
    said = configuration.training.fill(ladders).said
    return each.get(tuple(said[name] for name in ladders), anatomy)


def drops_out(configuration: Configuration, anatomy: Anatomy) -> bool:
    """Whether its techniques that have a dropout are trained with one: its own, or its job's."""
    said, usual = configuration.training.dropout, anatomy.counted_workload.dropout
    return bool(usual if said is None else said)


def _make_each(anatomy: Anatomy) -> Mapping[Values, Anatomy]:
    first, encoder = anatomy.counted_workload, anatomy.encoder
    names = tuple(first.said)
    read = {} if encoder is None else {_said(x, names): x for x in _all(encoder.counted_workload)}
    found: dict[Values, Anatomy] = {}
    for x in _all(first):
        changed: dict[str, Any] = {"workload": x}
        if encoder is not None and (own := read.get(_said(x, names))) is not None:
            changed["encoder"] = encoder.model_copy(update={"workload": own})
        found[_said(x, names)] = anatomy.model_copy(update=changed)
    return found


def _all(workload: Workload) -> tuple[Workload, ...]:
    return (workload.alone, *workload.others)


def _said(workload: Workload, names: tuple[str, ...]) -> Values:
    return tuple(workload.said.get(name, 0.0) for name in names)


_each = Recent(_make_each)
