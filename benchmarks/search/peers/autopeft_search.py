"""How AutoPEFT looks for what its acquisition function likes best."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from benchmarks.search.problem import Matrix
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.neighbours import mutate
from peftsearch.spaces.space.space import Space

from .points import Points

_RESTARTS, _EVALUATIONS, _PATIENCE = 10, 2_000, 100
_CHUNK = 200


class MutationSearch:
    """Climbs from mutated members of the front by random walks; of a closed space sees all."""

    def __init__(
        self,
        space: Space,
        points: Points,
        function: Callable[[torch.Tensor], torch.Tensor],
        rng: np.random.Generator,
    ) -> None:
        self._space, self._points, self._function, self._rng = space, points, function, rng
        self._steps = sum(size > 1 for _, size in space.dimensions)

    def encode(self, configurations: Sequence[Configuration]) -> torch.Tensor:
        """Vectors of configurations that have a point, `k x c`."""
        found = [self._points.place(x) for x in configurations]
        return torch.from_numpy(self._points.columns(found))

    def best(self, front: Sequence[Configuration], excluded: set[str]) -> Configuration | None:
        """The best configuration that was met; None where all are excluded."""
        if self._space.members:
            found = [x for x in self._space.members if self._space.feasible(x)]
            found = [x for x in found if x.key not in excluded]
        else:
            found = self._climb(self._begin(front, excluded), excluded)
        values = self._evaluate(found)
        return found[int(values.argmax())] if found else None

    def _evaluate(self, configurations: Sequence[Configuration]) -> Matrix:
        if not configurations:
            return np.empty(0)
        with torch.no_grad():
            parts = self.encode(configurations)[:, None, :].split(_CHUNK)
            return torch.cat([self._function(x) for x in parts]).numpy()

    def _begin(self, front: Sequence[Configuration], excluded: set[str]) -> list[Configuration]:
        """One random edit from a random member of the front each, else at random."""
        begun: list[Configuration] = []
        for _ in range(_RESTARTS + _PATIENCE):
            parent = front[int(self._rng.integers(len(front)))]
            edited = mutate(self._space, parent, 1, self._rng)
            if len(begun) < _RESTARTS and self._is_new(edited, excluded):
                begun.append(edited)
        while len(begun) < _RESTARTS:
            begun.append(self._space.sample(self._rng))
        return [x for x in begun if self._is_new(x, excluded)]

    def _climb(self, begun: Sequence[Configuration], excluded: set[str]) -> list[Configuration]:
        """Each restart's best: the best of a random walk around it is next, where it is better."""
        at, values = list(begun), self._evaluate(begun)
        for _ in range(_EVALUATIONS // (_RESTARTS * self._steps)):
            walks = [list(self._walk(x, excluded)) for x in at]
            found = iter(self._evaluate([x for walk in walks for x in walk]).tolist())
            for i, walk in enumerate(walks):
                for x in walk:
                    value = next(found)
                    if value > values[i]:
                        at[i], values[i] = x, value
        return at

    def _walk(self, x: Configuration, excluded: set[str]) -> Iterator[Configuration]:
        """What is new on a random walk of as many edits as the space has parameters."""
        for _ in range(self._steps):
            x = mutate(self._space, x, 1, self._rng)
            if self._is_new(x, excluded):
                yield x

    def _is_new(self, x: Configuration, excluded: set[str]) -> bool:
        return x.key not in excluded and self._space.feasible(x)
