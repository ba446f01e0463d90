"""Reference point and hypervolume."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.search.goals.reference_point import find_reference_point
from peftsearch.search.recipe_trials import probe
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT
from tests.floors import prepare
from tests.specs import make_spec

from .jobs import lora, make_trial

SPEC = make_spec(space={"preset": "lora", "roles": ["query+value", "all"]})
PROBE = probe(make_space(SPEC))
CHEAPEST = 6 * (384 + 384) * 2.0
"""Of the lora preset: rank 1 on two roles in all six layers."""
CEILING = 2 * 6 * 32.0 * (4 * 768 + 2 * 1920)
"""One step of the ladder beyond rank 32 on all roles."""


def trials(*results: tuple[Configuration, float]) -> list[Trial]:
    """Completed trials, after a probe of .60."""
    rows = [(PROBE, 0.60), *results]
    return [
        make_trial(i, Proposal(x, i, "search"), quality) for i, (x, quality) in enumerate(rows)
    ]


def test_the_reference_is_the_probe_and_a_step_beyond_the_dearest() -> None:
    reference = find_reference_point(SPEC, trials())
    assert (reference.quality, reference.cost, reference.cheapest) == (0.60, CEILING, CHEAPEST)
    assert reference.axis(0) == reference.axis(CHEAPEST) == pytest.approx(np.log10(CHEAPEST))


def test_the_reference_is_the_best_floor_from_the_start_and_for_good() -> None:
    prepared = prepare(0.77)
    for records in ([], trials(), trials((lora(8), 0.9))):
        reference = find_reference_point(SPEC, records, preparation=prepared)
        assert (reference.quality, reference.cost) == (0.77, CEILING)
    assert hypervolume(SPEC, trials((lora(8), 0.76)), prepared) == 0.0
    assert hypervolume(SPEC, trials((lora(1), 1.0)), prepared) == pytest.approx(1.0)
    assert hypervolume(SPEC, trials((lora(1), 0.885))[1:], prepared) == pytest.approx(0.5)


def test_without_floors_of_the_jobs_quality_it_is_the_probe() -> None:
    other = Preparation((Floor("base", "base", {"loss": 0.1}),), notes=("nothing to fit",))
    for preparation in (None, Preparation(), other):
        found = find_reference_point(SPEC, trials(), preparation=preparation)
        assert (found.quality, found.lowest) == (0.60, 0.60)


@pytest.mark.parametrize(("floor", "lowest"), [(0.77, 0.60), (0.5, 0.5)])
def test_the_surrogate_tells_adapters_below_the_floor_apart(floor: float, lowest: float) -> None:
    prepared = prepare(floor, tfidf=0.1)
    assert find_reference_point(SPEC, trials(), preparation=prepared).lowest == lowest
    assert find_reference_point(SPEC, [], preparation=prepared).lowest == floor


def test_repeats_of_the_probe_do_not_move_the_reference() -> None:
    assert find_reference_point(SPEC, trials((PROBE, 0.99))).quality == 0.60


@pytest.mark.parametrize(
    ("bound", "limit"),
    [("trainable_parameters <= 100 K", 100_000), ("adapter_bytes <= 200 KB", 50_000)],
)
def test_the_reference_lies_a_step_beyond_a_bound_on_either_cost(bound: str, limit: float) -> None:
    spec = make_spec(space={"preset": "lora"}, objectives={"bounds": [bound]})
    assert find_reference_point(spec, []).cost == 2 * limit


def test_a_space_of_one_cost_has_a_cost_axis_all_the_same() -> None:
    spec = make_spec(space={"preset": "lora", "ranks": [8], "roles": ["query"]})
    reference = find_reference_point(spec, [])
    assert reference.cost == 2 * reference.cheapest


def test_the_dearest_configuration_gains_something() -> None:
    """Were the reference its own cost, it could never be proposed."""
    everything = Configuration((Stratum(0, 6, (Module("lora", 32, tuple(BERT.linears)),)),), 1e-3)
    assert hypervolume(SPEC, trials((everything, 0.80))) > 0


def test_a_single_point_fills_its_rectangle() -> None:
    cost = 8 * CHEAPEST
    share = (np.log10(CEILING) - np.log10(cost)) / (np.log10(CEILING) - np.log10(CHEAPEST))
    expected = (0.80 - 0.60) / 0.40 * share
    assert hypervolume(SPEC, trials((lora(8), 0.80))) == pytest.approx(expected)


def test_a_perfect_score_at_the_smallest_cost_is_one() -> None:
    assert hypervolume(SPEC, trials((lora(1), 1.0))) == pytest.approx(1.0)


def test_what_does_not_beat_the_probe_is_nothing() -> None:
    assert hypervolume(SPEC, trials((lora(1), 0.55), (lora(2), 0.60))) == 0.0


def test_nothing_is_measured_before_the_probe_ended() -> None:
    records = trials((lora(8), 0.8))
    waiting = replace(records[0], state=TrialState.RUNNING, measurements={})
    assert hypervolume(SPEC, []) == 0.0
    assert hypervolume(SPEC, records[1:]) == 0.0
    assert hypervolume(SPEC, [waiting, *records[1:]]) == 0.0


def test_a_failed_probe_leaves_zero_as_reference() -> None:
    records = trials((lora(1), 0.8))
    failed = replace(records[0], state=TrialState.FAILED, measurements={})
    assert find_reference_point(SPEC, [failed, *records[1:]]).quality == 0.0
    assert hypervolume(SPEC, [failed, *records[1:]]) == pytest.approx(0.8)


def test_a_perfect_probe_leaves_nothing_to_gain() -> None:
    perfect = make_trial(0, Proposal(PROBE, 0, "probe"), 1.0)
    assert hypervolume(SPEC, [perfect, *trials((lora(8), 1.0))[1:]]) == 0.0


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from((1, 2, 4, 8, 16, 32)), st.integers(0, 7), st.floats(0, 1)),
        unique_by=lambda row: row[:2],
        max_size=12,
    )
)
def test_it_never_falls_as_keys_are_added(rows: list[tuple[int, int, float]]) -> None:
    """Repeats of a key may lower it, as they move the mean that the front uses."""
    records = trials(*((lora(rank, 10 ** (-3 + step / 8)), y) for rank, step, y in rows))
    values = [hypervolume(SPEC, records[: i + 1]) for i in range(len(records))]
    assert values == sorted(values)
    assert 0.0 <= values[-1] <= 1.0


def test_a_disappointing_repeat_lowers_it() -> None:
    lucky = trials((lora(8), 0.80))
    assert hypervolume(SPEC, trials((lora(8), 0.80), (lora(8), 0.70))) < hypervolume(SPEC, lucky)
