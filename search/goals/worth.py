"""Which costs the search tells apart: what a person would not pay for, it does not pay for."""

from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.configurations.cost import BYTES_PER_PARAMETER, export_bytes
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import parse_quantity
from peftsearch.spaces.jobspec.objectives_section import AUTO
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import NOMINAL_RATE

_BARE_FILES = {
    "trainable_parameters": 1 / BYTES_PER_PARAMETER,
    "adapter_bytes": 1,
    "export_bytes": 2,
}
"""How much of each cost an adapter has that is as large as the file without any."""
_MOST = 0.01
"""Of the space's largest cost, the share that is free at most unless a person says so: a head of a
thousand classes is larger than most adapters."""


def free_cost(spec: JobSpec, largest: float) -> float:
    """What costs no more than this costs nothing to the search.

    By default an adapter no larger than what ships without it, the head and the file's header:
    whoever takes those takes twice as much. Nothing where the head is not known yet.

    Args:
        largest: The space's largest cost.
    """
    said, cost = spec.objectives.free_below, spec.objectives.cost
    if said != AUTO:
        return parse_quantity(cost, said)
    if spec.anatomy.head is None or cost not in _BARE_FILES:
        return 0.0
    return min(_BARE_FILES[cost] * _bare_file(spec.anatomy), _MOST * largest)


def worthless_cost(spec: JobSpec) -> float | None:
    """What costs as much or more earns nothing; None where a person did not say."""
    said = spec.objectives.worth_up_to
    return None if said is None else parse_quantity(spec.objectives.cost, said)


def _bare_file(anatomy: Anatomy) -> int:
    return export_bytes(Configuration((Stratum(0, anatomy.layers),), NOMINAL_RATE), anatomy)
