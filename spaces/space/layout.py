"""How a point of a space is laid out: the one place that knows.

A point is a tuple of `d` integers, each an index into what one coordinate may be. With `n` strata
of `s` sizes each and `t` searched hyperparameters, on a model of `L` layers, they stand in this
order:

    rate | boundary 1 .. n-1 | stratum 1 | ... | stratum n | input | training 1 .. t | layer 1 .. L
    stratum: bundle | size 1 .. s | roles | placement | factor

- `rate`, `roles`, `placement`, `factor` and `input` count in the space's tuples of those things,
  `bundle` in what its stratum may carry.
- `boundary` counts layers from the lowest that this boundary may have. Boundaries may cross.
- `size k` is a level of the `k`-th technique of the bundle that comes in several sizes; ladders
  are stretched to the longest (`Space.capacity`). Without effect where a bundle has fewer.
- `training` counts in the ladder of a hyperparameter that the job searches.
- `layer` is 0 where the layer is left out, else 1. Only a masked space has these.
"""

from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[int, ...]


class StratumPart(NamedTuple):
    """The coordinates of one stratum; `sizes` are `s`."""

    bundle: int
    sizes: tuple[int, ...]
    roles: int
    placement: int
    factor: int

    def join(self) -> Point:
        """The coordinates in their order."""
        return (self.bundle, *self.sizes, self.roles, self.placement, self.factor)


class Parts(NamedTuple):
    """A point by its parts: `n - 1` boundaries, `n` strata, `t` of training; `mask` is empty or
    has `L` numbers."""

    rate: int
    boundaries: tuple[int, ...]
    strata: tuple[StratumPart, ...]
    input: int
    training: tuple[int, ...] = ()
    mask: tuple[int, ...] = ()

    def join(self) -> Point:
        """The point."""
        strata = (x for part in self.strata for x in part.join())
        return (self.rate, *self.boundaries, *strata, self.input, *self.training, *self.mask)


class Layout(NamedTuple):
    """Where the parts stand, for `strata` strata (`n`) with `sizes` sizes each (`s`) and
    `training` searched hyperparameters (`t`)."""

    strata: int
    sizes: int
    training: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """A stratum's coordinates by name, in their order; `{}` stands for its number."""
        sizes = (f"size{{}}.{slot}" for slot in range(self.sizes))
        return ("bundle{}", *sizes, "roles{}", "placement{}", "factor{}")

    def start(self, stratum: int) -> int:
        """Where a stratum's coordinates begin; with `n`, where the input stands."""
        return self.strata + stratum * (1 + self.sizes + 3)

    def split(self, point: Sequence[int]) -> Parts:
        """The parts of a point."""
        n, width = self.strata, self.start(1) - self.start(0)
        strata = []
        for first in range(n, self.start(n), width):
            # Taken apart by hand: proposals spend their time here.
            x = point[first : first + width]
            strata.append(StratumPart(x[0], tuple(x[1:-3]), x[-3], x[-2], x[-1]))
        tail = self.start(n)
        mask = tail + 1 + self.training
        return Parts(
            point[0],
            tuple(point[1:n]),
            tuple(strata),
            point[tail],
            tuple(point[tail + 1 : mask]),
            tuple(point[mask:]),
        )
