"""Recorded grids by the lines of the lists that they were recorded from.

A list says configurations by shares of the depth (`peftsearch.spaces.configurations.written`), so
that one line is a configuration of every model, and grids of several pairs can be compared.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.findings.fronts import Grid
from peftsearch.spaces.configurations.written import read_written

from .columns import Matrix
from .record import HERE

LISTS = ("recipes", "sweep", "dense")


@dataclass(frozen=True)
class Pair:
    """A recorded grid by the lines of lists.

    Attributes:
        places: By line, its position in the grid.
    """

    name: str
    grid: Grid
    places: Mapping[str, int]

    def scores(self, lines: Sequence[str]) -> Matrix:
        """Validation scores of lines, the mean over seeds, `n`."""
        return self.grid.seen[[self.places[line] for line in lines]]

    @property
    def rows(self) -> str:
        """See `rows_of`."""
        return rows_of(self.name)

    def learnt(self, lines: Sequence[str], all_of: Sequence[str]) -> float:
        """Share of the hypervolume of `all_of` on validation and test rows together."""
        return self._both(lines) / self._both(all_of)

    def told(self, lines: Sequence[str], all_of: Sequence[str]) -> float:
        """The same on test scores of the front that validation scores choose."""
        volume = self.grid.volume
        return volume(self._positions(lines)) / volume(self._positions(all_of))

    def front(self, lines: Sequence[str]) -> list[str]:
        """Of some lines, the front by validation scores."""
        of = {self.places[line]: line for line in lines}
        return [of[int(i)] for i in self.grid.front(sorted(of))]

    def _both(self, lines: Sequence[str]) -> float:
        which = self._positions(lines)
        points = np.column_stack([self.grid.costs[which], self._quality[which]])
        return self.grid.problem.volume(points)

    @cached_property
    def _quality(self) -> Matrix:
        """The mean over both splits, on the scale of the validation rows."""
        shift = float(np.mean(self.grid.worth - self.grid.seen))
        return (self.grid.seen + self.grid.worth - shift) / 2

    def _positions(self, lines: Sequence[str]) -> list[int]:
        return sorted({self.places[line] for line in lines})


def rows_of(pair: str) -> str:
    """The data set of a pair: `shallow-tweets` has the rows of `tweets`."""
    return pair.removeprefix("shallow-")


def read_lists(names: Sequence[str] = LISTS) -> list[str]:
    """The lines of lists, in their order, each once."""
    texts = ((HERE / "lists" / f"{name}.jsonl").read_text("utf-8") for name in names)
    return list(dict.fromkeys(line for text in texts for line in text.splitlines()))


def read_pair(name: str) -> Pair:
    """What a pair has of the lists."""
    grid = Grid(HERE / name)
    known = {x.key: i for i, x in enumerate(grid.members)}
    anatomy = grid.problem.spec.anatomy
    keys = ((line, read_written(json.loads(line), anatomy).key) for line in read_lists())
    return Pair(name, grid, {line: known[key] for line, key in keys if key in known})


def common(pairs: Sequence[Pair]) -> list[str]:
    """Lines that every pair has, in the order of the lists."""
    return [line for line in read_lists() if all(line in x.places for x in pairs)]
