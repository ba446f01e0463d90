"""What a front leaves open, as boxes: the cells in which any new point gains."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.dominance import non_dominated

Matrix = NDArray[np.float64]
Place = tuple[float, ...]
Cell = tuple[Place, Place]


class Cells(NamedTuple):
    """Disjoint boxes of `d` maximised objectives, which cover all that no point dominates.

    Attributes:
        lower: Their lowest corners, `c x d`.
        upper: Their highest corners, `c x d`; infinite where nothing lies beyond.
    """

    lower: Matrix
    upper: Matrix


def open_cells(points: Matrix, corner: Matrix) -> Cells:
    """The cells above `corner` that none of `n x d` maximised points dominates.

    The space is cut into slabs at the points' values in the first objective. In a slab those
    points count that reach beyond it, without their first value, and so on down to two objectives,
    where the cells are the steps of a staircase. A cell that neighbouring slabs share is one.
    """
    inside = points[(points > corner).all(axis=1)]
    kept = inside[non_dominated(inside)] if len(inside) else inside
    found = _divide([tuple(x) for x in kept.tolist()], tuple(corner.tolist()))
    lower, upper = zip(*found, strict=True)
    return Cells(np.array(lower), np.array(upper))


def _divide(points: Sequence[Place], corner: Place) -> list[Cell]:
    if len(corner) == 2:
        return _steps(points, corner)
    edges = [corner[0], *sorted({x[0] for x in points}), np.inf]
    done: list[Cell] = []
    begun: dict[Cell, float] = {}
    for low, high in zip(edges, edges[1:], strict=False):
        within = _divide([x[1:] for x in points if x[0] >= high], corner[1:])
        ended = begun.keys() - set(within)
        done += [_extrude(cell, begun.pop(cell), low) for cell in ended]
        begun |= {cell: low for cell in within if cell not in begun}
    return done + [_extrude(cell, low, np.inf) for cell, low in begun.items()]


def _extrude(cell: Cell, low: float, high: float) -> Cell:
    lower, upper = cell
    return (low, *lower), (high, *upper)


def _steps(points: Sequence[Place], corner: Place) -> list[Cell]:
    """Of two objectives: from the largest first value downwards, each where the second rises."""
    found: list[Cell] = []
    end, level = float(np.inf), corner[1]
    for first, second in sorted(points, reverse=True):
        if second > level:
            found.append(((first, level), (end, np.inf)))
            end, level = first, second
    return [*found, ((corner[0], level), (end, np.inf))]
