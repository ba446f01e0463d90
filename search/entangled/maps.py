"""What a run is made of, and the run by one worker, which any number of them must equal."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from .resampling import Matrix, Slots, effective, resample
from .streams import Streams

State = TypeVar("State")
Uniforms = Callable[[int, int], Matrix]
"""Numbers in [0, 1) of the particles of a call, a row each: by width and part, as
`Streams.uniforms` has them."""


class Maps(Protocol[State]):
    """A proposal as random maps: a function of a particle and of its slot's numbers alone.

    What becomes of a particle may not depend on which others are in the call, to the last bit.
    """

    def root(self) -> State:
        """Where all particles begin."""

    def step(
        self, states: Sequence[State], uniforms: Uniforms
    ) -> tuple[Sequence[State], Sequence[float]]:
        """The particles one generation on, and what each gains in log weight."""


class Plan(NamedTuple):
    """What a run is, the same for all workers.

    Attributes:
        seed: As of `Streams`.
        particles: Number of slots.
        threshold: Share of the particles: with fewer effective ones, they are resampled.
        window: See `genealogy.Genealogy`.
    """

    seed: tuple[int, ...]
    particles: int
    threshold: float = 1.0
    window: int = 8


class Weights:
    """Log weights of a run: what all workers know, and from which they resample alike.

    Attributes:
        log_weights: Since the particles were last resampled.
        log_evidence: Of the estimate of the mean weight, those before it included.
    """

    def __init__(self, plan: Plan) -> None:
        if plan.particles < 1:
            raise ValueError(f"expected 1 particle or more; got {plan.particles}; take some")
        self._plan, self._streams = plan, Streams(*plan.seed)
        self.log_weights = np.zeros(plan.particles)
        self._before = 0.0

    @property
    def log_evidence(self) -> float:
        """The product of the mean weights between resamplings, as a logarithm."""
        return self._before + float(
            np.logaddexp.reduce(self.log_weights) - np.log(self._plan.particles)
        )

    def gain(self, gains: Sequence[float] | Matrix) -> None:
        """What a generation added.

        Raises:
            ValueError: It is not a number below infinity for each particle, or no particle is left
                with a weight.
        """
        added = np.asarray(gains, np.float64)
        if added.shape != self.log_weights.shape or not (added < np.inf).all():
            raise ValueError(
                f"expected a gain below infinity for each of {len(self.log_weights)} particles; "
                f"got {added.shape} with {int((~(added < np.inf)).sum())} that are not; mend it"
            )
        if np.isneginf(self.log_weights + added).all():
            raise ValueError(
                "expected a particle with a weight; all have lost theirs; take more particles"
            )
        self.log_weights = self.log_weights + added

    def resample(self, generation: int) -> Slots:
        """The parent of each slot of the next generation."""
        count = self._plan.particles
        if effective(self.log_weights) >= self._plan.threshold * count:
            return np.arange(count)
        parents = resample(self.log_weights, self._streams.resampling(generation))
        self._before = self.log_evidence
        self.log_weights = np.zeros(count)
        return parents


class Ended(NamedTuple, Generic[State]):
    """The last generation: its particles and their weights."""

    states: Sequence[State]
    weights: Weights

    def draw(self, uniform: float) -> State:
        """One particle by its weight."""
        shares = np.exp(self.weights.log_weights - self.weights.log_weights.max())
        edges = np.cumsum(shares)
        place = int(np.searchsorted(edges, uniform * edges[-1], side="right"))
        return self.states[min(place, len(edges) - 1)]


def run_alone(
    maps: Maps[State],
    plan: Plan,
    generations: int,
    ended: Callable[[Sequence[State]], bool] = lambda states: False,
) -> Ended[State]:
    """All particles in one process.

    Args:
        maps: The proposal.
        plan: What the run is.
        generations: At most so many.
        ended: Whether no particle will change any more.
    """
    streams, weights = Streams(*plan.seed), Weights(plan)
    slots = range(plan.particles)
    states: Sequence[State] = [maps.root()] * plan.particles
    for generation in range(1, generations + 1):
        if ended(states):
            break
        parents = weights.resample(generation - 1)
        before = [states[i] for i in parents.tolist()]
        states, gains = maps.step(before, streams.at(generation, slots))
        weights.gain(gains)
    return Ended(states, weights)
