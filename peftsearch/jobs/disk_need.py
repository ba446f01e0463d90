"""The disk that a job's adapters will take, told before any is trained."""

from collections.abc import Sequence
from math import prod
from statistics import fmean

import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import BYTES_PER_PARAMETER, adapter_bytes
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.space import Space

DRAWS = 64


def foresee_disk(
    spec: JobSpec, space: Space, first: Sequence[Configuration], trials: int
) -> float:
    """Bytes of the tensors of all adapters: those that come first, and of the rest as many as the
    space's mean, since a search begins with small ones.

    Args:
        spec: With its model's head.
        trials: That will be trained.
    """
    rest = sample(space) or first
    sizes = [adapter_bytes(x, spec.anatomy) for x in first[:trials]]
    mean = fmean(adapter_bytes(x, spec.anatomy) for x in rest)
    head = BYTES_PER_PARAMETER * sum(prod(x.shape) for x in spec.anatomy.head or ())
    return sum(sizes) + (trials - len(sizes)) * mean + trials * head


def sample(space: Space) -> list[Configuration]:
    """What a search may pick, by a fixed draw; of a closed space all."""
    if space.members:
        return [x for x in space.members if space.feasible(x)]
    rng = np.random.default_rng(0)
    drawn = (space.draw(rng) for _ in range(DRAWS))
    return [x for x in drawn if x is not None]
