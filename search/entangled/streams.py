"""Random numbers by where they are used: (seed, generation, slot), whoever draws them.

Philox is a function of a key and a counter (Salmon et al., SC 2011), so that any number of any
stream is found without drawing those before it.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_RESAMPLING = 1
"""In the third word of the counter, where the numbers of the slots have 0."""
_BLOCK = 4
"""Numbers for each step of the counter."""


class Streams:
    """The numbers of one run.

    Args:
        seed: Non-negative integers below 2**64, at most two: of a job and of a part of it.
    """

    def __init__(self, *seed: int) -> None:
        if len(seed) > 2 or any(int(x) != x or not 0 <= x < 2**64 for x in seed):
            raise ValueError(f"expected two whole numbers of 64 bits; got {seed}; choose others")
        self._key = np.zeros(2, np.uint64)
        self._key[: len(seed)] = seed

    def uniforms(self, generation: int, slots: Sequence[int], width: int, part: int = 0) -> Matrix:
        """`len(slots) x width` numbers in [0, 1); a row depends on its own slot alone.

        Args:
            width: The same for all of a run: a slot's numbers begin where this many of each slot
                before it end.
            part: Another `width` numbers of the same slots.
        """
        steps = -(-width // _BLOCK)
        first, last = min(slots), max(slots) + 1
        generator = self._generator(first * steps, part, 0, generation)
        rows = generator.random((last - first, steps * _BLOCK))
        found: Matrix = np.ascontiguousarray(rows[np.asarray(slots) - first, :width])
        return found

    def at(self, generation: int, slots: Sequence[int]) -> Callable[[int, int], Matrix]:
        """`uniforms` of some slots of a generation, by width and part."""
        return lambda width, part: self.uniforms(generation, slots, width, part)

    def resampling(self, generation: int) -> float:
        """The number in [0, 1) by which all workers resample alike."""
        return float(self._generator(0, 0, _RESAMPLING, generation).random())

    def _generator(self, *counter: int) -> np.random.Generator:
        # A tuple of Python integers would pass through a list of objects.
        place = np.array(counter, np.uint64)
        return np.random.Generator(np.random.Philox(key=self._key, counter=place))
