"""What one worker holds of a run, and what it does for a generation."""

from collections.abc import Sequence
from typing import Generic, NamedTuple

import numpy as np

from .genealogy import ROOT, Genealogy, Node
from .maps import Maps, Plan, State, Weights
from .resampling import Matrix, Slots
from .streams import Streams


class News(NamedTuple):
    """All that a worker is told of a generation.

    Attributes:
        roster: Numbers of the workers that are there, ascending.
        gains: What each particle gained in the one before; None of the first.
    """

    roster: tuple[int, ...]
    gains: Matrix | None


class Replica(Generic[State]):
    """A worker of a run: all weights and the genealogy, but of the particles only its own.

    Args:
        maps: The proposal.
        plan: What the run is.
        worker: The worker's number.
        history: What the others were told before it came.
    """

    def __init__(
        self, maps: Maps[State], plan: Plan, worker: int, history: Sequence[News] = ()
    ) -> None:
        self._maps, self._worker = maps, worker
        self._streams, self.weights = Streams(*plan.seed), Weights(plan)
        self._genealogy = Genealogy(plan.particles, plan.window)
        self._states: dict[Node, State] = {ROOT: maps.root()}
        self._gains: dict[Node, float] = {}
        self.steps = 0
        """Particles that it computed, some of them again."""
        for news in history:
            self._hear(news)

    def advance(self, news: News) -> tuple[Slots, Matrix]:
        """One generation: the worker's slots, and what the particles in them gained."""
        owners = self._hear(news)
        slots = np.flatnonzero(owners == self._worker)
        nodes = [(self._genealogy.generation, slot) for slot in slots.tolist()]
        self._build(nodes)
        gains = np.array([self._gains[node] for node in nodes])
        held = self._genealogy.held(self._worker) | {ROOT}
        self._states = {node: x for node, x in self._states.items() if node in held}
        return slots, gains

    def state(self, slot: int) -> State:
        """A particle of the latest generation, computed again where another worker has it."""
        node = self._genealogy.generation, slot
        self._build([node])
        return self._states[node]

    def _hear(self, news: News) -> Slots:
        """The owners of the next generation, as every worker finds them."""
        if news.gains is not None:
            self.weights.gain(news.gains)
        parents = self.weights.resample(self._genealogy.generation)
        return self._genealogy.extend(parents, news.roster)

    def _build(self, nodes: Sequence[Node]) -> None:
        """Compute particles and the ancestors that they lack, a generation at a time."""
        missing: set[Node] = set()
        for node in nodes:
            while node not in self._states and node not in missing:
                missing.add(node)
                node = self._genealogy.parent(node)
        self._gains = {}
        for generation in sorted({x for x, _ in missing}):
            self._step([x for x in sorted(missing) if x[0] == generation])

    def _step(self, nodes: Sequence[Node]) -> None:
        uniforms = self._streams.at(nodes[0][0], [slot for _, slot in nodes])
        before = [self._states[self._genealogy.parent(x)] for x in nodes]
        states, gains = self._maps.step(before, uniforms)
        self._states.update(zip(nodes, states, strict=True))
        self._gains.update(zip(nodes, gains, strict=True))
        self.steps += len(nodes)
