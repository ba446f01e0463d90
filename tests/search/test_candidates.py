"""Pool and local search."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from peftsearch.search.candidates import LocalSearch, Matrix, draw_unseen, make_starts
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.neighbours import neighbours
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from tests.spaces.strategies import SPACES
from tests.specs import make_spec

from .jobs import emulate, lora

SPACE = SPACES["strata"]
AROUND = partial(neighbours, SPACE)


def score(configurations: Sequence[Configuration]) -> Matrix:
    return np.array([emulate(x) for x in configurations])


def make_small() -> Space:
    """Five keys."""
    section = {"preset": "lora", "ranks": [8], "roles": ["query"], "learning_rates": [1e-3, 4e-3]}
    return make_space(make_spec(space=section))


def test_the_pool_is_distinct_feasible_and_reproducible() -> None:
    spec = make_spec(objectives={"bounds": ["trainable_parameters <= 50 K"]})
    space = make_space(spec)
    parents = [space.sample(np.random.default_rng(i)) for i in range(3)]
    pool, again = (make_starts(space, parents, np.random.default_rng(0)) for _ in range(2))
    assert pool == again
    assert len({x.key for x in pool}) == len(pool) > 300
    assert all(space.feasible(x) for x in pool)


def test_without_parents_the_pool_is_the_sobol_sequence() -> None:
    assert len(make_starts(SPACE, [], np.random.default_rng(0))) > 200


def test_climbing_beats_its_pool() -> None:
    pool = make_starts(SPACE, [lora(8)], np.random.default_rng(0))[::32]
    best = LocalSearch(pool, AROUND).best(score, set())
    assert best is not None
    assert best.value == emulate(best.configuration) > score(pool).max()


def test_excluded_keys_are_neither_scored_nor_returned() -> None:
    pool = make_starts(SPACE, [lora(8)], np.random.default_rng(0))
    search = LocalSearch(pool, AROUND)
    first = search.best(score, set())
    assert first is not None
    met: set[str] = set()

    def note(configurations: Sequence[Configuration]) -> Matrix:
        met.update(x.key for x in configurations)
        return score(configurations)

    second = search.best(note, {first.configuration.key})
    assert second is not None
    assert first.configuration.key not in met
    assert second.value <= first.value


def test_at_most_so_many_are_scored() -> None:
    counts: list[int] = []

    def count(configurations: Sequence[Configuration]) -> Matrix:
        counts.append(len(configurations))
        return np.random.default_rng(len(counts)).random(len(configurations))

    starts = make_starts(SPACE, [lora(8)], np.random.default_rng(0))
    LocalSearch(starts, AROUND).best(count, set())
    assert sum(counts) <= 2_000


def test_what_can_gain_nothing_is_not_returned() -> None:
    pool = make_starts(SPACE, [], np.random.default_rng(0))[:50]
    useless = LocalSearch(pool, AROUND).best(lambda x: np.full(len(x), -np.inf), set())
    assert useless is None
    assert LocalSearch([], AROUND).best(score, set()) is None


def test_a_small_space_is_drawn_to_its_end() -> None:
    space, rng = make_small(), np.random.default_rng(0)
    seen: set[str] = set()
    while (drawn := draw_unseen(space, seen, rng)) is not None:
        assert drawn.key not in seen
        seen.add(drawn.key)
    assert len(seen) == len(space.rates) == 5


def test_bounds_that_nothing_meets_leave_nothing_to_draw() -> None:
    spec = make_spec(space={"preset": "lora"}, objectives={"bounds": ["adapter_bytes <= 1"]})
    assert draw_unseen(make_space(spec), set(), np.random.default_rng(0)) is None
