"""The workload of each configuration, in a job that searches how long and how large it trains, and
whether it drops out."""

from collections.abc import Mapping

from peftsearch.spaces.families.anatomy import Anatomy

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
    first = anatomy.counted_workload
    return {
        tuple(x.said[name] for name in first.said): anatomy.model_copy(update={"workload": x})
        for x in (first.alone, *first.others)
    }


_each = Recent(_make_each)
