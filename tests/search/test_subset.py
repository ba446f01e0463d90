"""What the model conditions on in large jobs, and beside many workers."""

import numpy as np
import pytest

from peftsearch.search.goals.observations import Observation, find_front
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.search.subset import MOST, choose_pending, choose_subset
from peftsearch.search.suggester import Suggester
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.presets import make_space
from tests.specs import make_spec

from .jobs import lora


def observed(
    configuration: Configuration, qualities: tuple[float, ...], cost: float
) -> Observation:
    """With two goals, as `observe` makes it; failed without a quality."""
    heights = (*qualities, -cost) if qualities else ()
    return Observation(configuration, qualities, cost, 0, not qualities, heights=heights)


def make_observations(n: int, failed: int = 0) -> list[Observation]:
    """Random qualities and costs; every third from the start failed, up to `failed` of them."""
    rng = np.random.default_rng(0)
    made = []
    for i in range(n):
        lost = i % 3 == 0 and i < 3 * failed
        qualities = () if lost else (float(rng.random()),)
        made.append(observed(lora(8, 10 ** -(2 + i / n)), qualities, rng.random()))
    return made


def test_few_are_all_taken() -> None:
    observations = make_observations(MOST)
    assert choose_subset(observations) == observations


def test_of_many_the_front_the_latest_and_a_spread_are_taken() -> None:
    observations = make_observations(3_000, failed=300)
    chosen = choose_subset(observations)
    places = [observations.index(x) for x in chosen]
    assert len(chosen) == MOST
    assert places == sorted(places)
    assert {x.configuration.key for x in find_front(observations)} <= {
        x.configuration.key for x in chosen
    }
    assert places[-50:] == list(range(2_950, 3_000))
    assert min(places) < 30
    assert max(np.diff(places)) < 60
    assert any(x.failed for x in chosen)
    assert choose_subset(list(observations)) == chosen


def test_what_lies_near_the_front_is_preferred() -> None:
    observations = make_observations(3_000)
    sums = [x.quality - x.cost for x in observations]
    best = np.argsort(sums)[-40:]
    chosen = {x.configuration.key for x in choose_subset(observations)}
    assert all(observations[i].configuration.key in chosen for i in best)


def test_a_front_larger_than_the_subset_is_cut() -> None:
    """All are on it; the latest have their room."""
    observations = [
        observed(lora(8, 10 ** -(2 + i / 900)), (i / 900,), float(i)) for i in range(900)
    ]
    chosen = choose_subset(observations)
    assert len(chosen) == MOST
    assert chosen[-50:] == observations[-50:]


def test_where_all_failed_there_is_no_front() -> None:
    observations = [observed(lora(8, 10 ** -(2 + i / 900)), (), float(i)) for i in range(900)]
    assert len(choose_subset(observations)) == MOST


def test_a_large_job_is_proposed_for_on_a_subset() -> None:
    """What is proposed is new, although the model knows of some only."""
    spec = make_spec()
    space = make_space(spec)
    rng = np.random.default_rng(0)
    drawn = {x.key: x for x in (space.sample(rng) for _ in range(900))}
    known = [
        observed(x, (float(rng.random()),), float(rng.integers(100_000))) for x in drawn.values()
    ]
    reference = find_reference_point(spec, [], space)
    found = Suggester(spec, space, reference, known, 0).suggest([], set(drawn))
    assert found is not None
    assert found[0].key not in drawn


@pytest.mark.parametrize(("running", "taken"), [(0, 0), (63, 63), (127, 127), (129, 128)])
def test_of_few_that_are_trained_none_is_left_out(running: int, taken: int) -> None:
    pending = [lora(8, 10 ** -(2 + i / 1000)) for i in range(running)]
    assert list(choose_pending(pending)) == pending[:taken]


def test_a_crowd_is_waited_for_in_steps() -> None:
    pending = [lora(8, 10 ** -(2 + i / 1000)) for i in range(1000)]
    chosen = [tuple(x.key for x in choose_pending(pending[:n])) for n in range(900, 1000)]
    assert max(map(len, chosen)) == 128
    assert len(set(chosen)) < 12
    assert all(set(x) <= {y.key for y in pending[:n]} for n, x in enumerate(chosen, 900))


def test_a_model_that_is_used_again_proposes_what_a_new_one_does() -> None:
    """Beside 141 that are trained, the next proposals wait for the same of them."""
    spec = make_spec()
    space = make_space(spec)
    rng = np.random.default_rng(0)
    drawn = list({x.key: x for x in (space.sample(rng) for _ in range(400))}.values())
    known = [
        observed(x, (float(rng.random()),), float(1000 + i)) for i, x in enumerate(drawn[:20])
    ]
    reference = find_reference_point(spec, [], space)
    taken = {x.key for x in drawn[:161]}
    one, pending = Suggester(spec, space, reference, known, 0), list(drawn[20:160])
    for _ in range(3):
        again, fresh = (
            x.suggest(pending, taken) for x in (one, Suggester(spec, space, reference, known, 0))
        )
        assert again is not None and fresh is not None
        assert (again[0].key, again[1]) == (fresh[0].key, fresh[1])
        assert again[0].key not in taken
        pending.append(again[0])
        taken.add(again[0].key)
