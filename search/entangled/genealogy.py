"""Who descends from whom, and which worker holds whom: the same at every worker."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .allocation import FAR, allocate

Slots = NDArray[np.int64]
Node = tuple[int, int]
"""A particle by its generation, from 1 on, and its slot; (0, 0) is the root."""
ROOT: Node = (0, 0)


class Genealogy:
    """Parents of all generations, and who holds whom of the latest.

    Of a particle a worker holds, or of an ancestor of it within the window, the rest is computed
    again: `path` says what.

    Args:
        particles: Slots of each generation.
        window: Most generations that are computed again for one particle, but by a worker that
            holds nothing of what lives: one that came late, or whose lineages all died out.
    """

    def __init__(self, particles: int, window: int) -> None:
        self.particles, self.window = particles, window
        self._parents: list[Slots] = []
        self._owners: Slots | None = None
        self._held: dict[Node, set[int]] = {}
        self._present: set[int] = set()

    @property
    def generation(self) -> int:
        """The latest; 0 before the first."""
        return len(self._parents)

    def parent(self, node: Node) -> Node:
        """That of a particle of a generation from 1 on."""
        generation, slot = node
        if generation == 1:
            return ROOT
        return generation - 1, int(self._parents[generation - 1][slot])

    def extend(self, parents: Slots, roster: Sequence[int]) -> Slots:
        """One more generation: the worker of each slot, who holds it from then on.

        Args:
            parents: Slot of each particle's parent.
            roster: Numbers of the workers that are there, ascending.
        """
        if {*roster} != self._present:
            self._prune(roster)
        steps = self._steps(parents, max(roster) + 1)
        homes = self._spread(roster) if self._owners is None else self._owners
        self._owners = allocate(steps, parents, homes, roster)
        self._parents.append(parents)
        for slot, owner in enumerate(self._owners.tolist()):
            for node in self.path((self.generation, slot), owner):
                self._held.setdefault(node, set()).add(owner)
        self._prune(roster)
        return self._owners

    def path(self, node: Node, worker: int) -> list[Node]:
        """What a worker must compute to have a particle, in order; its parent is held or root."""
        found: list[Node] = []
        while node != ROOT and worker not in self._held.get(node, ()):
            found.append(node)
            node = self.parent(node)
        return found[::-1]

    def held(self, worker: int) -> set[Node]:
        """Particles that a worker keeps: those of the latest generation and their ancestors
        within the window."""
        return {node for node, workers in self._held.items() if worker in workers}

    def _spread(self, roster: Sequence[int]) -> Slots:
        """Equal shares of the first generation, whose parent everybody has."""
        return np.array(roster)[np.arange(self.particles) * len(roster) // self.particles]

    def _steps(self, parents: Slots, workers: int) -> Slots:
        """From what each worker has to each parent, `k x w`."""
        steps: list[list[int]] = []
        for parent in parents.tolist():
            node, apart = (self.generation, parent) if self._parents else ROOT, 0
            nearest = [FAR] * workers
            while node != ROOT and apart < self.window:
                for worker in self._held.get(node, ()):
                    nearest[worker] = min(nearest[worker], apart)
                node, apart = self.parent(node), apart + 1
            if node == ROOT and apart < self.window:
                nearest = [min(x, apart) for x in nearest]
            steps.append(nearest)
        return np.array(steps)

    def _prune(self, roster: Sequence[int]) -> None:
        """Forget whom nobody descends from, what is beyond the window, and who has left."""
        kept, present = {}, set(roster)
        self._present = present
        latest = self.generation
        layer = {(latest, slot) for slot in range(self.particles)} if latest else set()
        for _ in range(self.window + 1):
            for node in layer:
                if left := self._held.get(node, set()) & present:
                    kept[node] = left
            layer = {self.parent(x) for x in layer if x != ROOT}
        self._held = kept
