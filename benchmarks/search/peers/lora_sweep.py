"""What people try first: uniform LoRA at three rates, by ranks and choices of matrices.

The list is `benchmarks/ground/lists/sweep.jsonl`, taken so that any number of trainings has the
most of it: rank 8, then 2, 32 and the rest, each on queries and values and on all linears.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.search.problem import Problem
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.written import read_written
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space

_LIST = Path("benchmarks/ground/lists/sweep.jsonl")
_RANKS = (8, 2, 32)


def suggest(
    problem: Problem, trials: Sequence[Trial], seed: int, budget: int
) -> Configuration | None:
    """See `methods.Suggest`; None once the list is done, whatever the seed."""
    space, seen = make_space(problem.spec), {x.key for x in trials}
    written = (read_written(line, problem.spec.anatomy) for line in _lines())
    found = (own for x in written if (own := _express(space, x)) is not None)
    return next((x for x in found if x.key not in seen and space.feasible(x)), None)


@cache
def _lines() -> list[dict[str, Any]]:
    return list(map(json.loads, in_order(_LIST.read_text("utf-8").splitlines())))


def in_order(lines: Sequence[str]) -> list[str]:
    """Lines of the list by what they are tried for first; it has the rates of each rank in their
    order, which sorting keeps."""
    return sorted(lines, key=_place)


def _place(line: str) -> tuple[int, bool]:
    module = json.loads(line)["strata"][0]["modules"][0]
    rank = module["capacity"]
    return (_RANKS.index(rank) if rank in _RANKS else len(_RANKS), module["roles"] == ["all"])


def _express(space: Space, configuration: Configuration) -> Configuration | None:
    """The space's own, if it has it."""
    if space.members:
        return next((x for x in space.members if x.key == configuration.key), None)
    point = encode(space, configuration)
    return None if point is None else space.decode(point)
