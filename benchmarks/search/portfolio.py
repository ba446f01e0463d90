"""The learnt list that a search of a problem may begin with: its own rows had no part in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from benchmarks.ground.lined import common, read_lists, read_pair, rows_of
from benchmarks.ground.portfolio import LENGTH, learn
from benchmarks.ground.record import HERE
from peftsearch.search import learnt_trials

from .grid import RECORDED
from .problem import Problem


@contextmanager
def learnt_elsewhere(problem: Problem) -> Iterator[None]:
    """Where the problem is of recorded rows, the list of pairs with other rows is in the place of
    the one that is shipped, which is learnt from all of them."""
    if problem.spec.task.train != RECORDED:
        yield
        return
    pair = problem.name.removeprefix("fitted ").partition(",")[0]
    with patch.object(learnt_trials, "_lines", lambda: _learn(rows_of(pair))):
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
