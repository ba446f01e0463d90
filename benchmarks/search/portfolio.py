"""The learnt list of a problem whose own rows had no part in it."""

import json
from functools import cache

from benchmarks.ground.lined import common, read_lists, read_pair, rows_of
from benchmarks.ground.portfolio import learn
from benchmarks.ground.record import HERE
from peftsearch.search.recipe_trials import express
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.written import read_written
from peftsearch.spaces.space.space import Space


def express_learnt(space: Space, problem: str, length: int) -> list[Configuration]:
    """What the space has of the first `length` of the list, the probe left out.

    Args:
        problem: Its name, `fitted tweets, 97 recorded` or without the first word.
    """
    pair = problem.removeprefix("fitted ").partition(",")[0]
    lines = _learn(rows_of(pair), length)[1:]
    read = (read_written(json.loads(line), space.anatomy) for line in lines)
    found = (express(space, x) for x in read)
    return [x for x in found if x is not None and space.feasible(x)]


@cache
def _learn(rows: str, length: int) -> list[str]:
    names = sorted({x.parent.name for x in HERE.glob("*/*.parquet")})
    others = [read_pair(name) for name in names if rows_of(name) != rows]
    recipes = set(read_lists(["recipes"]))
    pairs = [x for x in others if recipes <= x.places.keys()]
    return learn(pairs, common(pairs), length)
