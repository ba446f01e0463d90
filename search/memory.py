"""What a process keeps between the proposals of one job: answers are the same without it."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.axes import cost_of
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.neighbours import neighbours
from peftsearch.spaces.space.presets import make_space

from .features import feature_matrix, relevant
from .goals.observations import Observer

Matrix = NDArray[np.float64]

ENCODED, SURROUNDED = 20_000, 256
"""Configurations whose features and cost are kept (about 10 MB), and whose neighbours are (up to
100 configurations each, about 30 MB)."""


class _Encoded(NamedTuple):
    features: Matrix
    cost: float


class Terrain:
    """The space of a job, and what was worked out about its configurations and its trials.

    All of it follows from the job's spec and these; the longest unused is forgotten.
    """

    def __init__(self, spec: JobSpec) -> None:
        self.spec, self.space = spec, make_space(spec)
        self.observer = Observer(spec)
        self._columns = relevant(self.space, spec.try_configurations)
        self._encoded: OrderedDict[str, _Encoded] = OrderedDict()

    def encode(self, configurations: Sequence[Configuration]) -> tuple[Matrix, list[float]]:
        """Features `k x d`, of the columns that matter in the job's space, and costs `k`."""
        missing = {x.key: x for x in configurations if x.key not in self._encoded}
        rows = feature_matrix(list(missing.values()), self.spec.anatomy)[:, self._columns]
        for (key, configuration), row in zip(missing.items(), rows, strict=True):
            self._encoded[key] = _Encoded(row.copy(), cost_of(self.spec, configuration))
        found = [self._encoded[x.key] for x in configurations]
        self._forget([x.key for x in configurations])
        features = np.array([x.features for x in found]).reshape(len(found), len(self._columns))
        return features, [x.cost for x in found]

    @property
    def encoded(self) -> list[str]:
        """Keys of those whose features and cost are kept, the longest unused first."""
        return list(self._encoded)

    def _forget(self, used: Sequence[str]) -> None:
        for key in used:
            self._encoded.move_to_end(key)
        while len(self._encoded) > ENCODED:
            self._encoded.popitem(last=False)

    @cached_property
    def neighbours(self) -> Callable[[Configuration], list[Configuration]]:
        """`spaces.space.neighbours` of a configuration."""
        # By the configuration, not its key: of one key, two ways to write it may differ.
        return lru_cache(maxsize=SURROUNDED)(partial(neighbours, self.space))


class Memory:
    """The terrain of the job that a process proposes for; one of an older spec is forgotten."""

    def __init__(self) -> None:
        self._terrain: Terrain | None = None

    def terrain(self, spec: JobSpec) -> Terrain:
        """That of a job."""
        if self._terrain is None or self._terrain.spec != spec:
            self._terrain = Terrain(spec)
        return self._terrain
