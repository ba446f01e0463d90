"""What is worked out once for a model, and remembered for the last few of them."""

from collections.abc import Callable
from typing import Generic, TypeVar

from peftsearch.spaces.families.anatomy import Anatomy

T = TypeVar("T")
_KEPT = 64
"""Models, one for each workload of a job: 8 batch sizes of as many lengths."""


class Recent(Generic[T]):
    """What `make` makes of an anatomy; for the same object the same."""

    def __init__(self, make: Callable[[Anatomy], T]) -> None:
        self._make = make
        self._made: list[tuple[Anatomy, T]] = []

    def __call__(self, anatomy: Anatomy) -> T:
        """That of a model."""
        for known, found in self._made:
            if known is anatomy:
                return found
        found = self._make(anatomy)
        self._made.append((anatomy, found))
        del self._made[:-_KEPT]
        return found
