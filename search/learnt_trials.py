"""Configurations learnt from recorded trainings, to begin a search with.

`learnt.jsonl` has one a line, by shares of the depth, the best to try first
(`benchmarks.ground.portfolio`, `docs/decisions/0076-begin-with-what-was-learnt.md`).
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.written import read_written
from peftsearch.spaces.space.space import Space

from .recipe_trials import express, is_choice

LEARNT = 3
"""How many are tried (docs/decisions/0088-quality-is-expected-from-recorded-trainings.md)."""


def learnt(space: Space) -> list[Configuration]:
    """The first `LEARNT` of the list that the space can express within its bounds, distinct.

    None where the space is one choice for the whole model: what matters there, which technique,
    the list does not say.
    """
    if is_choice(space):
        return []
    kept: dict[str, Configuration] = {}
    for known in _read(space):
        if len(kept) == LEARNT:
            break
        found = express(space, known)
        if found is not None and space.feasible(found):
            kept.setdefault(found.key, found)
    return list(kept.values())


def _read(space: Space) -> Iterator[Configuration]:
    """The list for the space's model, without what that has no room for."""
    for line in _lines():
        try:
            yield read_written(json.loads(line), space.anatomy)
        except UserError:
            continue


@cache
def _lines() -> tuple[str, ...]:
    """The list as it is shipped."""
    text = files("peftsearch.search").joinpath("learnt.jsonl").read_text(encoding="utf-8")
    return tuple(text.splitlines())
