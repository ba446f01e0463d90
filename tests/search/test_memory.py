"""What is kept between proposals changes none of them, and does not grow without end."""

import numpy as np
import pytest

from peftsearch.records.trial import Proposal, Trial
from peftsearch.search import memory as module
from peftsearch.search.features import feature_matrix, relevant
from peftsearch.search.memory import Memory, Terrain
from peftsearch.search.proposals import propose
from peftsearch.spaces.space.neighbours import neighbours
from tests.specs import make_spec

from .jobs import lora, run_job

SPEC = make_spec(budget={"trials": 40})
SEEN = (18, 21, 24)


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return run_job(SPEC, seed=0, trials=SEEN[-1], batch=8)


@pytest.fixture(scope="module")
def alone(trials: list[Trial]) -> list[list[Proposal]]:
    """What is proposed after so many trials without a memory."""
    return [propose(SPEC, trials[:seen], 3, 0) for seen in SEEN]


@pytest.mark.parametrize("room", [20_000, 700])
def test_proposals_are_the_same_with_and_without(
    room: int,
    trials: list[Trial],
    alone: list[list[Proposal]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the memory is so small that a proposal forgets what it learnt itself."""
    monkeypatch.setattr(module, "ENCODED", room)
    kept = Memory()
    for seen, expected in zip(SEEN, alone, strict=True):
        assert propose(SPEC, trials[:seen], 3, 0, memory=kept) == expected
    assert "search" in {proposal.origin for proposal in alone[-1]}


def test_it_encodes_as_features_and_costs_say() -> None:
    terrain, configurations = Terrain(SPEC), [lora(8), lora(4), lora(8)]
    expected = feature_matrix(configurations, SPEC.anatomy)[:, relevant(terrain.space)]
    for _ in range(2):
        found, costs = terrain.encode(configurations)
        np.testing.assert_array_equal(found, expected)
        assert costs == [2.0 * costs[1], costs[1], 2.0 * costs[1]]
    assert terrain.encode([])[0].shape == (0, found.shape[1])


def test_the_longest_unused_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENCODED", 3)
    terrain = Terrain(SPEC)
    for rank in (1, 2, 4, 1, 8):
        terrain.encode([lora(rank)])
    assert terrain.encoded == [lora(rank).key for rank in (4, 1, 8)]


def test_neighbours_are_found_once() -> None:
    terrain = Terrain(SPEC)
    first = terrain.neighbours(lora(8))
    assert first == neighbours(terrain.space, lora(8))
    assert terrain.neighbours(lora(8)) is first


def test_another_spec_has_another_terrain() -> None:
    kept, bounded = Memory(), make_spec(objectives={"bounds": ["trainable_parameters <= 50 K"]})
    first = kept.terrain(SPEC)
    assert kept.terrain(SPEC.model_copy()) is first
    other = kept.terrain(bounded)
    assert other.space.bounds
    assert kept.terrain(SPEC) is not first
