"""Jobs of three and four goals, and of limits on what is measured, by the engine and its peers."""

import math
from collections.abc import Sequence
from dataclasses import replace

import moocore
import numpy as np
import pytest

from peftsearch.records.trial import FailureKind, Trial, TrialState
from peftsearch.search.goals.box import FIRST, find_box, place_heights
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.search.goals.observations import Observation, find_front, observe
from peftsearch.search.memory import Memory
from peftsearch.search.proposals import propose
from peftsearch.search.repeats import choose_repeat_in
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.anatomies import BERT
from tests.specs import make_spec

from .jobs import emulate, lora, make_trial

KNOWN = {"minimise": ["trainable_parameters", "backward_depth"]}
TIMED = {"maximise": ["f1"], "minimise": ["trainable_parameters", "training_seconds"]}
TRIALS = 20


def measure(configuration: Configuration) -> dict[str, float]:
    """Made up: F1 falls behind where the rate is high; training takes as long as it is deep."""
    quality = emulate(configuration)
    depth = sum(bool(modules) for modules in configuration.profile)
    return {
        "accuracy": quality,
        "f1": quality - 20 * configuration.learning_rate,
        "training_seconds": 10.0 * 1.2**depth,
    }


def train(spec: JobSpec, trials: Sequence[Trial], number: int) -> list[Trial]:
    """Propose and complete up to so many trials, one by one."""
    records, memory = list(trials), Memory()
    while len(records) < number:
        for proposal in propose(spec, records, 1, spec.seed, memory=memory):
            trial = make_trial(len(records), proposal, 0.0)
            records.append(replace(trial, measurements=measure(proposal.configuration)))
    return records


def fail(trial: Trial) -> Trial:
    """The same without a result."""
    kind = FailureKind.NON_FINITE_LOSS
    return replace(trial, state=TrialState.FAILED, failure=kind, measurements={})


@pytest.fixture(scope="module")
def timed() -> list[Trial]:
    """A job of four goals."""
    return train(make_spec(objectives=TIMED), [], TRIALS)


@pytest.mark.parametrize("objectives", [KNOWN, TIMED])
def test_it_finds_more_than_drawing_at_random(
    objectives: dict[str, list[str]], timed: list[Trial]
) -> None:
    spec = make_spec(objectives=objectives)
    found = timed if objectives is TIMED else train(spec, [], TRIALS)
    drawn = train(make_spec(objectives=objectives, search={"sampler": "random"}), [], TRIALS)
    assert {"search", "repeat"} <= {trial.origin for trial in found}
    assert hypervolume(spec, found) > 1.1 * hypervolume(spec, drawn)


def test_equal_arguments_give_equal_proposals(timed: list[Trial]) -> None:
    spec = make_spec(objectives=TIMED)
    first = propose(spec, timed, 2, 0)
    assert propose(spec, timed, 2, 0) == first
    assert len({x.configuration.key for x in first}) == 2


def test_forests_propose_for_several_goals(timed: list[Trial]) -> None:
    """They know exactly what all of their trees agree on."""
    found = propose(make_spec(objectives=TIMED, search={"surrogate": "rtf"}), timed[:12], 2, 0)
    assert {x.origin for x in found} == {"search"}
    assert all(x.reasons and 0 < x.reasons.expected_gain < math.inf for x in found)


@pytest.mark.parametrize("objectives", [KNOWN, {"minimise": ["trainable_parameters"]}])
def test_without_a_front_no_job_is_told_to_end(objectives: dict[str, list[str]]) -> None:
    """Nothing reaches the bound: the search goes on to look for what does."""
    spec = make_spec(objectives=objectives | {"bounds": ["f1 >= 0.99"]}, trials=40)
    records = train(spec, [], 12)
    assert find_front(observe(spec, records)) == []
    found = propose(spec, records, 3, 0)
    assert {x.origin for x in found} <= {"search", "random"}
    assert all(x.reasons is None or x.reasons.expected_gain > 1 for x in found)


def test_the_search_keeps_to_limits_that_it_has_learnt() -> None:
    """Two layers at most are within it; the design tries deeper ones."""
    limits = {**KNOWN, "bounds": ["training_seconds <= 15 s"]}
    trials = train(make_spec(objectives=limits), [], TRIALS)
    searched = [x for x in trials if x.origin == "search"]
    kept = [x for x in searched if x.measurements["training_seconds"] <= 15]
    assert len(kept) >= 0.6 * len(searched) > 0
    front = find_front(observe(make_spec(objectives=limits), trials))
    assert front and all(x.values["training_seconds"][0] <= 15 for x in front)


def test_a_failed_configuration_is_learnt_from_and_stands_on_no_front(timed: list[Trial]) -> None:
    spec = make_spec(objectives=TIMED)
    failed = [fail(x) if x.number % 4 == 3 else x for x in timed]
    done = {x.key for x in failed if x.state is TrialState.COMPLETED}
    keys = {x.key for x in failed} - done
    assert keys
    assert keys.isdisjoint(x.configuration.key for x in find_front(observe(spec, failed)))
    assert [x.origin for x in propose(spec, failed, 1, 0)] == ["search"]


def test_the_box_is_fixed_once_the_first_trials_are_there(timed: list[Trial]) -> None:
    spec = make_spec(objectives=TIMED)
    box = find_box(spec, timed[:FIRST])
    assert [side.goal.name for side in box] == list(spec.goals)
    assert find_box(spec, timed) == box
    seconds = [x.measurements["training_seconds"] for x in timed[:FIRST]]
    assert box[3].corner < -math.log10(max(seconds)) < -math.log10(min(seconds)) < box[3].best
    assert (box[1].best, box[1].goal.name) == (1.0, "f1")


def test_the_corner_of_what_has_a_limit_is_one_step_beyond_it() -> None:
    spec = make_spec(objectives={**TIMED, "bounds": ["training_seconds <= 50 s"]})
    assert find_box(spec, [])[3].corner == pytest.approx(-math.log10(100))


@pytest.mark.parametrize(
    ("bounds", "corners"),
    [
        (["training_seconds <= 50 s", "training_seconds <= 5 min"], (None, 100)),
        (["training_seconds <= 5 min", "training_seconds <= 50 s"], (None, 100)),
        (["f1 >= 0.8", "f1 >= 0.6"], (0.8, None)),
        (["f1 >= 0.6", "f1 >= 0.8"], (0.8, None)),
    ],
)
def test_of_several_limits_on_a_goal_the_tightest_is_the_corner(
    bounds: list[str], corners: tuple[float | None, float | None]
) -> None:
    box = find_box(make_spec(objectives={**TIMED, "bounds": bounds}), [])
    score, seconds = corners
    if score is not None:
        assert 0.0 < score - box[1].corner < 0.05
    if seconds is not None:
        assert box[3].corner == pytest.approx(-math.log10(seconds))


def test_the_hypervolume_is_that_of_the_front_in_the_box(timed: list[Trial]) -> None:
    spec = make_spec(objectives=TIMED)
    box = find_box(spec, timed)
    low = np.array([side.corner for side in box])
    sizes = np.array([side.best for side in box]) - low
    points = np.array([place_heights(x.heights, box) for x in observe(spec, timed)])
    scaled = (points - low) / sizes
    expected = moocore.hypervolume(scaled, ref=np.zeros(4), maximise=True)
    assert hypervolume(spec, timed) == pytest.approx(float(expected))
    assert hypervolume(spec, timed[:16]) <= hypervolume(spec, timed)


def test_the_member_whose_quality_moves_most_volume_is_retrained(timed: list[Trial]) -> None:
    spec = make_spec(objectives=KNOWN)
    box = find_box(spec, timed)

    def member(rank: int, depth: float, *qualities: float, pending: int = 0) -> Observation:
        heights = (qualities[0], -float(trainable_parameters(lora(rank), BERT)), -depth)
        return Observation(lora(rank), qualities, 0.0, pending, False, heights=heights)

    wide, narrow = member(2, 2.0, 0.85), member(4, 5.0, 0.86)
    assert choose_repeat_in(box, [wide, narrow]) == lora(2)
    assert choose_repeat_in(box, [member(2, 2.0, *[0.85] * 400), narrow]) == lora(4)
    assert choose_repeat_in(box, [member(2, 2.0, 0.85, pending=399), narrow]) == lora(4)
    assert choose_repeat_in(box, [member(2, 2.0, 0.1)]) is None


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_optunas_samplers_get_all_goals(sampler: str, timed: list[Trial]) -> None:
    spec = make_spec(objectives=TIMED, search={"sampler": sampler})
    assert [x.origin for x in propose(spec, timed, 2, 0)] == [sampler] * 2
