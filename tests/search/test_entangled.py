"""A run over workers is the run of one, and weights are all that is sent."""

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from peftsearch.search.entangled.allocation import FAR, allocate
from peftsearch.search.entangled.conductor import Conductor
from peftsearch.search.entangled.genealogy import ROOT, Genealogy, Node
from peftsearch.search.entangled.maps import Maps, Plan, State, run_alone
from peftsearch.search.entangled.replica import News, Replica
from peftsearch.search.entangled.resampling import effective, normalise, resample
from peftsearch.search.entangled.streams import Streams
from peftsearch.search.tessellation.growth import Growth
from peftsearch.search.tessellation.leaves import GaussianLeaves
from peftsearch.search.tessellation.normals import Normals

from .walks import Walks

PLAN = Plan((7, 3), particles=24, window=4)
GENERATIONS = 14


def _run(
    maps: Maps[State], plan: Plan, joins: Sequence[int], lanes: Sequence[Executor]
) -> tuple[list[State], np.ndarray, list[int]]:
    """Particles, log weights and the work of each worker; worker i joins before generation
    `joins[i]`."""
    conductor = Conductor(maps, plan)
    for generation in range(GENERATIONS):
        for lane, at in zip(lanes, joins, strict=True):
            if at == generation:
                conductor.join(lane)
        conductor.advance()
    states = [conductor.state(slot) for slot in range(plan.particles)]
    weights, steps = conductor.weights().log_weights, conductor.steps()
    conductor.close()
    return states, weights, steps


@pytest.fixture
def threads() -> Iterator[list[Executor]]:
    with ExitStack() as stack:
        yield [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(8)]


@pytest.mark.parametrize("threshold", [1.0, 0.5])
@pytest.mark.parametrize("joins", [[0], [0, 0], [0] * 4, [0] * 8, [0, 3, 3, 9], [0, 13]])
def test_any_workers_find_what_one_finds(
    joins: list[int], threshold: float, threads: list[Executor]
) -> None:
    plan = PLAN._replace(threshold=threshold)
    alone = run_alone(Walks(), plan, GENERATIONS)
    states, weights, _ = _run(Walks(), plan, joins, threads[: len(joins)])
    assert states == list(alone.states)
    assert weights.tobytes() == alone.weights.log_weights.tobytes()


@pytest.mark.parametrize("joins", [[0, 0], [0, 0, 5, 8]])
def test_trees_are_the_same_to_the_last_bit(joins: list[int], threads: list[Executor]) -> None:
    rng = np.random.default_rng(0)
    x = rng.random((30, 5))
    leaves = GaussianLeaves(np.sin(4 * x[:, 0]), np.ones(30), 10.0, 0.5, 0.1)
    growth = Growth(x, leaves, Normals(np.ones(5), False), 20, np.inf)
    alone = run_alone(growth, PLAN, GENERATIONS)
    states, weights, _ = _run(growth, PLAN, joins, threads[: len(joins)])
    for one, other in zip(states, alone.states, strict=True):
        assert pickle.dumps(one.cuts) == pickle.dumps(other.cuts)
        assert one.leaf.tobytes() == other.leaf.tobytes()
    assert weights.tobytes() == alone.weights.log_weights.tobytes()


def test_processes_find_it_too() -> None:
    context = get_context("spawn")
    with ExitStack() as stack:
        lanes = [stack.enter_context(ProcessPoolExecutor(1, context)) for _ in range(2)]
        states, weights, steps = _run(Walks(), PLAN, [0, 5], lanes)
    alone = run_alone(Walks(), PLAN, GENERATIONS)
    assert states == list(alone.states)
    assert weights.tobytes() == alone.weights.log_weights.tobytes()
    assert all(x > 0 for x in steps)


def test_what_is_sent_grows_with_the_particles_and_not_with_what_they_are() -> None:
    gains = np.zeros(PLAN.particles)
    sent = pickle.dumps(News((0, 1), gains))
    assert len(sent) < 8 * PLAN.particles + 300


@pytest.mark.parametrize(("spread", "share"), [(0.5, 0.02), (2.0, 0.2)])
def test_what_is_computed_again_is_bounded(spread: float, share: float) -> None:
    """By the window, but for a worker all of whose lineages have died out."""
    genealogy, rng = Genealogy(24, window=3), np.random.default_rng(0)
    lengths, lost = [], 0

    def go_back(slot: int, held: set[Node]) -> int:
        node, apart = (genealogy.generation, slot), 0
        while node != ROOT and node not in held:
            node, apart = genealogy.parent(node), apart + 1
        return apart

    for generation in range(30):
        parents = resample(spread * rng.standard_normal(24), rng.random())
        before = {w: genealogy.held(w) for w in range(4)}
        owners = genealogy.extend(parents, range(4))
        for slot, owner in enumerate(owners.tolist()):
            if generation < 3 or min(go_back(x, before[owner]) for x in range(24)) <= 3:
                lengths.append(go_back(slot, before[owner]))
            else:
                lost += 1
    assert 1 < max(lengths) <= 3
    assert lost < share * 24 * 30


def test_a_worker_that_came_late_takes_its_share_soon(threads: list[Executor]) -> None:
    conductor = Conductor(Walks(), PLAN)
    conductor.join(threads[0])
    conductor.advance(8)
    conductor.join(threads[1])
    conductor.advance(12)
    replica = Replica(Walks(), PLAN, 1, conductor._history)
    slots, _ = replica.advance(News((0, 1), conductor._gains))
    assert len(slots) >= PLAN.particles // 3


def test_work_is_shared(threads: list[Executor]) -> None:
    _, _, steps = _run(Walks(), PLAN, [0] * 4, threads[:4])
    alone = PLAN.particles * GENERATIONS
    assert max(steps) < 0.6 * alone


def test_slots_go_to_who_is_nearest() -> None:
    steps = np.array([[0, FAR], [0, FAR], [0, 1], [0, 2]])
    parents = np.array([0, 0, 1, 2])
    owners = allocate(steps, parents, np.zeros(4, int), (0, 1))
    assert owners.tolist() == [0, 0, 1, 1]


def test_a_slot_that_nobody_is_near_to_stays() -> None:
    steps = np.array([[0, FAR], [0, FAR], [0, FAR], [FAR, 0]])
    owners = allocate(steps, np.arange(4), np.array([0, 0, 0, 1]), (0, 1))
    assert owners.tolist() == [0, 0, 0, 1]


def test_what_a_worker_that_left_had_goes_to_others() -> None:
    steps = np.array([[0, FAR, 1], [0, FAR, FAR]])
    owners = allocate(steps, np.arange(2), np.array([1, 1]), (0, 2))
    assert set(owners.tolist()) <= {0, 2}


def test_a_slot_s_numbers_are_its_own() -> None:
    streams = Streams(5, 9)
    all_ = streams.uniforms(3, range(10), 7)
    np.testing.assert_array_equal(streams.uniforms(3, [4, 8], 7), all_[[4, 8]])
    assert len(np.unique(all_)) == all_.size
    others = [
        streams.uniforms(4, range(10), 7),
        streams.uniforms(3, range(10), 7, part=1),
        Streams(5, 8).uniforms(3, range(10), 7),
        Streams(4, 9).uniforms(3, range(10), 7),
    ]
    assert not any(np.isin(x, all_).any() for x in others)


def test_systematic_resampling_keeps_the_shares() -> None:
    weights = np.log(np.array([0.5, 0.25, 0.25, 1e-9]))
    counts = np.bincount(resample(weights, 0.3), minlength=4)
    assert counts.tolist() == [2, 1, 1, 0]
    drawn = [resample(weights, u) for u in np.linspace(0, 0.999, 1000)]
    shares = np.mean([np.bincount(x, minlength=4) for x in drawn], axis=0) / 4
    np.testing.assert_allclose(shares, normalise(weights), atol=2e-3)
    assert effective(np.zeros(8)) == pytest.approx(8)


def test_the_evidence_is_unbiased() -> None:
    """Of a walk's first step: the mean of exp(-4 (u - v / 2)^2)."""
    u, v = np.meshgrid(*[(np.arange(400) + 0.5) / 400] * 2)
    exact = np.exp(-4.0 * (u - 0.5 * v) ** 2).mean()
    found = run_alone(Walks(), Plan((0, 0), 20_000), 1).weights.log_evidence
    assert found == pytest.approx(np.log(exact), abs=0.01)


class Fails(Walks):
    """Once, and in one way."""

    def __init__(self, gains: Sequence[float] | None) -> None:
        self.gains = gains

    def step(self, states: Any, uniforms: Any) -> Any:
        """What `gains` says, or a fault."""
        if self.gains is None:
            raise OSError("once")
        return super().step(states, uniforms)[0], self.gains


@pytest.mark.parametrize(
    "gains", [[0.0], [0.0] * 3 + [np.nan], [0.0] * 3 + [np.inf], [-np.inf] * 4]
)
def test_what_is_no_weight_is_refused(gains: list[float]) -> None:
    with pytest.raises(ValueError, match="expected a .*; "):
        run_alone(Fails(gains), Plan((1,), 4), 1)


@pytest.mark.parametrize(
    ("seed", "particles"), [((1,), 0), ((-1,), 4), ((1.5,), 4), ((1, 2, 3), 4)]
)
def test_plans_that_are_none_are_refused(seed: Any, particles: int) -> None:
    with pytest.raises(ValueError, match="expected .*; got "):
        run_alone(Walks(), Plan(seed, particles), 1)


def test_after_a_failure_a_run_does_not_go_on(threads: list[Executor]) -> None:
    """Some workers know the generation by then, and some do not."""
    conductor = Conductor(Fails(None), PLAN)
    conductor.join(threads[0])
    with pytest.raises(OSError, match="once"):
        conductor.advance()
    with pytest.raises(RuntimeError, match="begin a new run"):
        conductor.advance()
    conductor.close()
