"""A small process for runs over workers: a walk whose weight prefers to be near 0."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from peftsearch.search.entangled.maps import Uniforms


class Walk(NamedTuple):
    """Places of a walk so far."""

    places: tuple[float, ...] = (0.0,)


class Walks:
    """Moves each walk by a uniform number."""

    def root(self) -> Walk:
        """At 0."""
        return Walk()

    def step(self, states: Sequence[Walk], uniforms: Uniforms) -> tuple[list[Walk], list[float]]:
        """One place more."""
        moved = [
            Walk((*state.places, state.places[-1] + float(row[0]) - 0.5 * float(row[1])))
            for state, row in zip(states, uniforms(3, 0), strict=True)
        ]
        return moved, [-4.0 * float(np.square(x.places[-1])) for x in moved]
