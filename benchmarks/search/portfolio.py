"""What a search of a problem may know of other trainings: its own rows had no part in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from benchmarks.ground.expected import expecting, learn_elsewhere
from benchmarks.ground.lined import common, read_lists, read_pair, rows_of
from benchmarks.ground.portfolio import LENGTH, learn
from benchmarks.ground.record import HERE
from peftsearch.search import learnt_trials

from .grid import RECORDED
from .problem import Problem


@contextmanager
def learnt_elsewhere(problem: Problem) -> Iterator[None]:
    """Where the problem is of recorded rows, what a search may know of other rows. A made-up
    problem has nothing in common with any: nothing is expected of it."""
    if problem.spec.task.train != RECORDED:
        with expecting(()):
            yield
        return
    with learnt_without(problem.name.removeprefix("fitted ").partition(",")[0]):
        yield


@contextmanager
def learnt_without(pair: str) -> Iterator[None]:
    """What pairs with other rows than this one's taught, the list and the expected quality, in the
    place of what is shipped, which is learnt from all of them."""
    rows = rows_of(pair)
    lines, hinges = _learn(rows), learn_elsewhere(rows)
    with patch.object(learnt_trials, "_lines", lambda: lines), expecting(hinges):
        yield


@cache
def _learn(rows: str) -> tuple[str, ...]:
    """From all pairs with other rows that have the recipes: texts and pictures, as the one that is
    shipped."""
    names = sorted({x.parent.name for x in HERE.glob("*/*.parquet")})
    others = [read_pair(name) for name in names if rows_of(name) != rows]
    recipes = set(read_lists(["recipes"]))
    pairs = [x for x in others if recipes <= x.places.keys()]
    return tuple(learn(pairs, common(pairs), LENGTH)[1:])
