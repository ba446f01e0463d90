"""What the page of a job decides by itself, against its originals in Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from peftsearch.records.estimates import estimate_each
from peftsearch.records.expectation import Expectation
from peftsearch.records.job import JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.beliefs.expected import expected_json, show_expected
from peftsearch.results.picks.rules import knee
from peftsearch.results.pictures.marks import BELOW, OFF_FRONT
from peftsearch.results.pictures.reference_lines import spread
from peftsearch.results.wording import tell_layers
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.bounds import parse_quantity
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.workers.processes.liveness import tell_state
from tests.service.records import PROBE, SPEC, lora
from tests.specs import make_spec

from .scripts import call, open_scripts

NAMES = ("accuracy", "trainable_parameters")


@dataclass(frozen=True)
class Point:
    values: Mapping[str, float]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_scripts() as page:
        yield page


@pytest.mark.parametrize("seed", range(6))
def test_the_knee_is_that_of_the_command_line(page: Page, seed: int) -> None:
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 9))
    costs = np.sort(10 ** rng.uniform(2, 7, number)).round()
    if seed % 2:
        costs[0] = 0
    members = [
        {"accuracy": float(q), "trainable_parameters": float(c)}
        for q, c in zip(np.sort(rng.uniform(0.5, 0.9, number)), costs, strict=True)
    ]
    found = call(page, "charts/front-view.js", "knee", [{"values": x} for x in members], NAMES)
    assert found == knee([Point(x) for x in members], SPEC)


def test_less_is_better_turns_the_knee_round(page: Page) -> None:
    losses = [(3.0, 0.0), (2.2, 1e3), (2.1, 1e6)]
    members = [{"values": {"loss": q, "trainable_parameters": c}} for q, c in losses]
    names = ["loss", "trainable_parameters"]
    assert call(page, "charts/front-view.js", "knee", members, names) == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_knee_of_four_goals_is_that_of_the_command_line(page: Page, seed: int) -> None:
    goals = {"maximise": ["f1"], "minimise": ["trainable_parameters", "training_seconds"]}
    spec, rng = make_spec(objectives=goals), np.random.default_rng(seed)
    members = [
        dict(zip(spec.goals, map(float, row), strict=True))
        for row in np.column_stack(
            [rng.random((9, 2)), 10 ** rng.uniform(2, 6, 9) * (rng.random(9) > 0.2), rng.random(9)]
        )
    ]
    shown = [{"values": x} for x in members]
    found = call(page, "charts/front-view.js", "knee", shown, spec.goals)
    assert found == knee([Point(x) for x in members], spec)


def test_each_pair_of_goals_has_a_panel_and_another_goal_as_colour(page: Page) -> None:
    goals = ["accuracy", "f1", "export_bytes", "training_seconds"]
    found = call(page, "charts/pairs-view.js", "panelsOf", goals, 3)
    assert (found["rows"], len(found["list"])) == (2, 6)
    assert {frozenset((x["x"], x["y"])) for x in found["list"]} == set(
        map(frozenset, combinations(goals, 2))
    )
    assert all(x["third"] not in (x["x"], x["y"]) for x in found["list"])


def test_ticks_of_pairs_lie_within_their_values(page: Page) -> None:
    size = {"name": "export_bytes", "sign": -1, "log": True, "known": True}
    marks = call(page, "charts/pairs-view.js", "ticksOf", size, [0, 1000, 200_000], 4)
    assert marks["texts"][0] == "0" and 0 < marks["values"][0] < 1000
    assert marks["values"] == sorted(marks["values"]) and len(marks["values"]) <= 5
    score = {"name": "accuracy", "sign": 1, "log": False, "known": False}
    assert call(page, "charts/pairs-view.js", "ticksOf", score, [0.5, 0.8], 4)["values"][-1] == 0.8
    assert call(page, "charts/pairs-view.js", "ticksOf", size, [], 4)["values"] == []


def test_parameters_have_places_and_names_below_their_slices(page: Page) -> None:
    rate = {"name": "rate", "kind": "number", "log": True, "values": [1e-4, 1e-3, 1e-2]}
    made = call(page, "charts/slices-view.js", "axisOf", rate)
    assert (made["type"], made["tickvals"]) == ("log", rate["values"])
    assert made["range"][0] < -4 < -2 < made["range"][1]
    size = {"name": "size0.0", "kind": "ladder", "log": False, "values": [0, *range(1, 60)]}
    made = call(page, "charts/slices-view.js", "axisOf", size)
    assert made["range"] == [-0.5, 59.5] and len(made["tickvals"]) < 12
    technique = {"name": "bundle0", "kind": "category", "log": False, "values": ["lora", "ia3"]}
    made = call(page, "charts/slices-view.js", "axisOf", technique)
    assert (made["tickvals"], made["ticktext"]) == ([0, 1], ["lora", "ia3"])


def test_differences_within_the_intervals_are_told_as_such(page: Page) -> None:
    def doubted(*means: float) -> Any:
        points = [{"mean": x, "low": x - 0.02, "high": x + 0.02} for x in means]
        return call(page, "charts/slices-view.js", "isWithinDoubt", points)

    assert doubted(0.80, 0.81) and doubted(0.80) and doubted()
    assert not doubted(0.80, 0.79, 0.83)


def test_slices_do_not_go_below_what_the_model_tells(page: Page) -> None:
    points = [{"low": 0.1, "high": 0.9}, {"low": 0.6, "high": 0.95}]
    model = {"sign": 1, "quality": "accuracy"}
    low, high = call(page, "charts/slices-view.js", "heightsOf", [{"points": points}], 0.5, model)
    assert 0.4 < low < 0.5 and 0.95 < high <= 1
    model = {"sign": -1, "quality": "loss"}
    low, high = call(page, "charts/slices-view.js", "heightsOf", [{"points": points}], 0.8, model)
    assert 0.8 < low < 0.9 and high < 0.1  # less is better, and better is upwards


def test_a_prediction_is_a_line_in_steps_with_a_band_and_no_marks(page: Page) -> None:
    points = [
        {"cost": 10, "mean": 0.7, "low": 0.6, "high": 0.8},
        {"cost": 90, "mean": 0.8, "low": 0.75, "high": 0.85},
    ]
    script = """async ([file, points]) => {
      const { predictedTraces } = await import(file);
      return predictedTraces(points, 1000, (x) => x, { line: "red", band: "pink" });
    }"""
    low, high, line = page.evaluate(script, ["/charts/front-predicted.js", points])
    assert line["x"] == [10, 90, 1000] and line["y"] == [0.7, 0.8, 0.8]
    assert (low["y"], high["y"]) == ([0.6, 0.75, 0.75], [0.8, 0.85, 0.85])
    assert {x["mode"] for x in (low, high, line)} == {"lines"}
    assert page.evaluate(script, ["/charts/front-predicted.js", []]) == []


@pytest.mark.parametrize(
    ("gain", "known", "origin", "words"),
    [
        (0.0312, 7, "search", "raise the front's hypervolume by 3.1 % of what it was"),
        (0.0312, 1, "search", "when 1 configuration had a result"),
        (1000.0, 3, "search", "give the front its first gain"),
        (0.0, 3, "random", "the model expected no gain from anything new"),
    ],
)
def test_a_proposal_says_what_was_hoped(
    page: Page, gain: float, known: int, origin: str, words: str
) -> None:
    reasons = {"expected_gain": gain, "known": known}
    assert words in call(page, "components/trial-reasons.js", "hopeWords", reasons, origin)


def test_a_hypervolume_that_falls_is_explained(page: Page) -> None:
    known = call(page, "charts/progress.js", "whyItMoves", ["accuracy", "export_bytes"])
    assert "never falls for a new configuration" in known and "only a repeat lowers it" in known
    goals = ["accuracy", "export_bytes", "training_seconds"]
    measured = call(page, "charts/progress.js", "whyItMoves", goals)
    assert "training time" in measured and "first ten completed trials" in measured


def test_baselines_stand_after_their_job_in_the_list(page: Page) -> None:
    listed = [("new.baselines", "new"), ("lost.ablation", "lost"), ("new", None), ("old", None)]
    jobs = [{"name": name, "parent": parent} for name, parent in listed]
    found = call(page, "components/job-words.js", "besideTheirs", jobs)
    assert [x["name"] for x in found] == ["lost.ablation", "new", "new.baselines", "old"]


def test_a_hypervolume_of_nothing_is_explained(page: Page) -> None:
    def tell(volumes: list[float], best: list[float | None], floors: int = 1) -> str:
        data = {"hypervolume": volumes, "best": best}
        return str(call(page, "charts/progress.js", "whyNone", data, [{}] * floors))

    assert tell([0.0, 0.0], [None, 0.6]) == "Nothing beats the floor yet: the hypervolume is 0."
    assert tell([0.0], [0.6], 0) == "Nothing beats the first trial yet: the hypervolume is 0."
    assert tell([0.0, 0.1], [0.6, 0.8]) == tell([0.0], [None]) == tell([], []) == ""
    over = call(
        page, "charts/progress.js", "whyNone", {"hypervolume": [0], "best": [1]}, [{}], True
    )
    assert over == "Nothing beats the floor: the hypervolume is 0."


def test_large_counts_with_units_are_short(page: Page) -> None:
    for value, text in ((3.2546e13, "32.5 TFLOPs"), (999, "999 FLOPs"), (1e6, "1 MFLOPs")):
        assert call(page, "lib/measures.js", "objective", "training_flops", value) == text
    assert call(page, "lib/measures.js", "objective", "trainable_parameters", 3e7) == "30,000,000"


def _trial(number: int, configuration: Configuration, accuracy: float | None) -> Trial:
    state = TrialState.COMPLETED if accuracy is not None else TrialState.FAILED
    values = {"trainable_parameters": 100.0}
    values |= {} if accuracy is None else {"accuracy": accuracy}
    return Trial(
        id=number,
        job_id=1,
        number=number,
        configuration=configuration,
        seed=number,
        origin="search",
        fidelity=1.0,
        state=state,
        attempt=1,
        measurements=values,
        event=number + 1,
    )


def _columns(trials: list[Trial]) -> dict[str, Any]:
    return {
        "number": [x.number for x in trials],
        "event": [x.event for x in trials],
        "state": [x.state.value for x in trials],
        "key": [x.key for x in trials],
        "values": {name: [x.measurements.get(name) for x in trials] for name in NAMES},
    }


@pytest.mark.parametrize("event", [0, 2, 4, 5])
def test_configurations_have_the_means_of_their_seeds_as_of_an_event(
    page: Page, event: int
) -> None:
    given = [(PROBE, 0.6), (lora(8), 0.7), (lora(2), None), (lora(8), 0.8), (lora(4), 0.75)]
    trials = [
        _trial(i, configuration, accuracy) for i, (configuration, accuracy) in enumerate(given)
    ]
    found = call(page, "charts/front-view.js", "summarise", _columns(trials), event, list(NAMES))
    expected = estimate_each(trials[:event])
    assert [x["trials"] for x in found] == [[t.number for t in x.trials] for x in expected]
    assert [x["values"] for x in found] == [pytest.approx(dict(x.values)) for x in expected]
    failed = call(page, "charts/front-view.js", "failedRows", _columns(trials), event)
    assert failed == [i for i in range(event) if given[i][1] is None]


def test_the_front_is_that_of_its_event(page: Page) -> None:
    entries = [
        {"key": "a", "entered": 1, "left": None, "values": {"cost": 0}},
        {"key": "b", "entered": 2, "left": 4, "values": {"cost": 9}},
        {"key": "c", "entered": 4, "left": None, "values": {"cost": 5}},
        {"key": "b", "entered": 4, "left": None, "values": {"cost": 9}},
    ]
    keys = [
        [x["key"] for x in call(page, "charts/front-view.js", "frontAt", entries, event, "cost")]
        for event in range(5)
    ]
    assert keys == [[], ["a"], ["a", "b"], ["a", "b"], ["a", "c", "b"]]


@pytest.mark.parametrize("text", ["200 KB", "1.5 MiB", "2e3", "1_000", "3 GB", "7", "12 B"])
def test_limits_read_as_on_the_command_line(page: Page, text: str) -> None:
    read = call(page, "lib/measures.js", "parseQuantity", "adapter_bytes", text)
    assert read == parse_quantity("adapter_bytes", text)


@pytest.mark.parametrize("text", ["6 t", "32.5 TFLOPs", "7 FLOPs", "2 gflops", "1 P", "7"])
def test_counts_with_a_unit_read_so_too(page: Page, text: str) -> None:
    read = call(page, "lib/measures.js", "parseQuantity", "training_flops", text)
    assert read == parse_quantity("training_flops", text)


@pytest.mark.parametrize("text", ["", "KB", "2 parsecs", "1 h", "-5", "1e400"])
def test_what_is_no_size_is_none(page: Page, text: str) -> None:
    assert call(page, "lib/measures.js", "parseQuantity", "adapter_bytes", text) is None


@pytest.mark.parametrize(
    "name",
    [
        "adapter_bytes",
        "training_seconds",
        "trainable_parameters",
        "training_flops",
        "backward_depth",
    ],
)
@pytest.mark.parametrize("value", [0, 7, 999, 1000, 184_320, 204_800, 1_234_567, 5_400_000_000])
def test_a_limit_says_exactly_what_it_means(page: Page, name: str, value: float) -> None:
    text = call(page, "lib/measures.js", "quantity", name, value)
    assert parse_quantity(name, text) == value
    assert call(page, "lib/measures.js", "parseQuantity", name, text) == value


@pytest.mark.parametrize("value", [0.0123, 1, 9.99, 46_080, 184_320, 184_000, 22.58])
def test_a_loosened_limit_lets_its_point_in(page: Page, value: float) -> None:
    rounded = call(page, "components/limits.js", "roundUp", value)
    assert value <= rounded < value * 1.11


@pytest.mark.parametrize("places", [[], [3, 3, 3], [0, 4, 40, 45, 90], [-5, 1, 2, 60]])
def test_names_of_lines_are_spread_as_in_the_picture(page: Page, places: list[float]) -> None:
    assert call(page, "charts/front-view.js", "spread", places, 15) == pytest.approx(
        spread(places, 15)
    )


def _model(*trials: Trial) -> dict[str, Any]:
    columns = _columns(list(trials)) | {"words": ["" for _ in trials]}
    entries = [
        {"key": x.key, "entered": x.event, "left": None, "values": dict(x.measurements)}
        for x in trials
    ]
    names = {"quality": NAMES[0], "cost": NAMES[1], "sign": 1, "probeName": "linear probe"}
    return names | {"columns": columns, "entries": entries, "event": len(trials)}


def _floors(*values: float) -> list[dict[str, Any]]:
    return [{"short": f"{value}", "value": value} for value in values]


def test_the_best_floor_is_in_the_chart_and_one_far_below_is_not(page: Page) -> None:
    model = _model(_trial(0, PROBE, 0.6), _trial(1, lora(8), 0.7))
    for floors in (_floors(0.9, 0.2), _floors(0.3)):
        frame = call(
            page, "charts/front-view.js", "frameOf", model, "trainable_parameters", floors
        )
        assert frame["bottom"] < floors[0]["value"] < frame["top"]
        front = {"baselines": None, "floors": floors}
        lines = call(page, "charts/front-view.js", "referencesAt", model, front, 0, frame)
        assert [x["value"] for x in lines] == [floors[0]["value"]]
    lines = [["base model", 1], ["best plain LoRA", 2]]
    for short, kept in (("frozen features", lines), ("base model", lines[1:])):
        floors = [{"short": short, "value": 0.3}]
        assert call(page, "charts/front-view.js", "besideFloors", lines, floors) == kept
    bare = call(page, "charts/front-view.js", "frameOf", model, "trainable_parameters")
    assert bare["top"] < 0.8


def test_a_chart_of_one_trial_stays_within_what_is_possible(page: Page) -> None:
    frame = call(
        page,
        "charts/front-view.js",
        "frameOf",
        _model(_trial(0, PROBE, 0.6)),
        "trainable_parameters",
    )
    assert 0 < frame["bottom"] < 0.6 < frame["top"] < 1
    for values, bounds, inside in (([0], [0, 1], 0), ([1, 1], [0, 1], 1), ([None], [0, 1], 0.5)):
        low, high = call(page, "charts/progress.js", "rangeOf", values, bounds)
        assert 0 <= low <= inside <= high <= 1
        assert low < high


def test_a_panel_of_one_point_shows_what_is_around_it(page: Page) -> None:
    def range_of(name: str, *values: float) -> Any:
        goal = call(page, "lib/measures.js", "goalOf", name)
        axis = {"goal": goal, "values": values}
        return call(page, "charts/pairs-view.js", "rangeOfOne", axis).get("range")

    low, high = range_of("accuracy", 0.9)
    assert 0.7 < low < 0.9 < high <= 1
    low, high = range_of("f1", 0.5, 0.5)
    assert 0.4 < low < 0.5 < high < 0.6
    assert range_of("accuracy", 0.5, 0.6) is range_of("export_bytes", 1000) is None


@pytest.mark.parametrize(
    ("budget", "hours", "ended", "action"),
    [
        ({"trials": None, "hours": 0.1}, 0.05, 3, "Start workers"),
        ({"trials": None, "hours": 0.1}, 0.1, 3, "Resume"),
        ({"trials": 9, "hours": 0.1}, 0.2, 3, "Resume"),
        ({"trials": 9, "hours": None}, 5.0, 8, "Start workers"),
        ({"trials": 9, "hours": None}, 5.0, 9, "Resume"),
    ],
)
def test_no_workers_are_offered_where_the_budget_is_spent(
    page: Page, budget: dict[str, Any], hours: float, ended: int, action: str
) -> None:
    job = {
        "state": "running",
        "live_workers": 0,
        "pool": None,
        "problem": None,
        "budget": budget,
        "used_hours": hours,
        "counts": {"queued": 1, "running": 0, "completed": ended - 1, "failed": 1},
    }
    offered = call(page, "components/job-actions.js", "actionsOf", job)
    assert [x[1] for x in offered] == [action, "Stop"]
    words = call(page, "components/job-actions.js", "stateOf", job)[1]
    spent = BudgetSpec(**budget).is_spent(ended, hours)
    assert spent is (action == "Resume")
    assert words == tell_state(JobState.RUNNING, 0, spent)


CHOOSE = "choose the first configurations"


@pytest.mark.parametrize(
    ("live", "running", "floors", "told"),
    [
        (0, 0, [], "the workers load the model and the data"),
        (
            2,
            0,
            [],
            f"the workers measure what needs no adapter and {CHOOSE}",
        ),
        (2, 0, [{}], f"the workers {CHOOSE}"),
        (2, 1, [{}], "1 trial is in training"),
        (2, 2, [], "2 trials are in training"),
    ],
)
def test_before_the_first_result_it_is_told_what_the_workers_do(
    page: Page, live: int, running: int, floors: list[Any], told: str
) -> None:
    """They "load the model" was told at batch 249 of 253 of the first trial."""
    job = {"live_workers": live, "counts": {"running": running}, "floors": floors}
    assert call(page, "components/job-words.js", "doingText", job) == told


def test_a_job_without_a_completed_trial_is_not_marked_as_good(page: Page) -> None:
    def state_of(completed: int, failed: int) -> Any:
        counts = {"queued": 0, "running": 0, "completed": completed, "failed": failed}
        job = {"state": "finished", "live_workers": 0, "pool": None, "counts": counts}
        return call(page, "components/job-actions.js", "stateOf", job)

    assert state_of(0, 3) == ["bad", "every trial failed"]
    assert state_of(1, 3) == state_of(0, 0) == ["finished", "finished"]


def test_a_cost_of_nothing_has_a_place_of_its_own(page: Page) -> None:
    span = call(page, "charts/front-view.js", "span", [0, 768, 1536, 322_560])
    ticks = call(page, "charts/front-view.js", "ticks", "trainable_parameters", span, False)
    assert ticks["texts"][:3] == ["0", "1 K", "3 K"]
    assert ticks["values"][0] == pytest.approx(768 / 10**0.5)
    assert ticks["values"][-1] <= span["high"]
    assert not call(page, "charts/front-view.js", "span", [768, 1536])["hasZero"]


def test_what_is_expected_is_written_as_in_the_terminal(page: Page) -> None:
    found = Expectation(0.9412, 0.003, 0.9355, 0.9469, 8.0)
    model = {"quality": "accuracy"}
    text = call(page, "charts/front-notes.js", "expectedText", expected_json(found), model)
    assert text == show_expected("accuracy", found)


RUNNING = """async ([file, model, running]) => {
  const { frameOf, viewAt } = await import(file);
  const frame = frameOf(model, model.cost, [], new Map(), [], running);
  return { frame, view: viewAt(model, model.cost, model.event, frame, running) };
}"""


def test_what_trains_at_a_higher_cost_than_all_before_is_on_the_axis(page: Page) -> None:
    model = _model(_trial(0, PROBE, 0.6), _trial(1, lora(1), 0.7)) | {"goals": NAMES}
    running = [{"number": 2, "values": {}, "cost": 1e6}, {"number": 3, "values": {}, "cost": None}]
    found = page.evaluate(RUNNING, ["/charts/front-view.js", model, running])
    (circle,) = found["view"]["running"]
    assert circle["x"] == 1e6 < found["frame"]["high"]


ERRORS = """async ([file, model, error]) => {
  const { frameOf, viewAt } = await import(file);
  const errors = new Map(model.entries.map((x) => [x.key, error]));
  const frame = frameOf(model, model.cost, [], errors);
  return { frame, view: viewAt(model, model.cost, model.event, frame) };
}"""


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("value", [0.2, 0.54, 0.553, 0.5778, 0.585, 0.65])
def test_what_lies_within_the_axis_stands_at_its_value(
    page: Page, value: float, sign: int
) -> None:
    """With wide bars the axis reaches farther down than collapsed runs alone would lead it."""
    seen = [0.66, 0.73, value]
    ranks = [PROBE, lora(8), lora(2)]
    heights = [x if sign > 0 else 1 - x for x in seen]
    trials = [_trial(i, c, x) for i, (c, x) in enumerate(zip(ranks, heights, strict=True))]
    model = _model(*trials) | {"sign": sign, "goals": NAMES}
    model["entries"] = model["entries"][:2]
    found = page.evaluate(ERRORS, ["/charts/front-view.js", model, 0.09])
    frame, view = found["frame"], found["view"]
    assert len(view["others"]) + len(view["below"]) == 1
    if sign * heights[2] < frame["bottom"]:
        assert sign * view["below"][0]["y"] == pytest.approx(frame["edge"])
        assert frame["bottom"] < frame["edge"] < 0.57 * sign + (sign < 0)
        assert value < 0.56
    else:
        assert view["others"][0]["y"] == heights[2]
        assert value > 0.5


def test_the_name_of_a_line_leaves_the_points_beside_it_alone(page: Page) -> None:
    frame = {"low": 1, "high": 1e6, "bottom": 0.5, "top": 0.9, "start": 0.6}

    def is_left(*points: tuple[float, float], value: float = 0.75) -> Any:
        line, shown = {"name": "TF-IDF", "value": value}, [{"x": x, "y": y} for x, y in points]
        return call(page, "charts/front-view.js", "isFreeAtLeft", line, shown, frame, 1)

    assert is_left() and not is_left(value=0.55)
    assert not is_left((2, 0.76)) and is_left((2, 0.76), (5e5, 0.76), (5e5, 0.755))
    assert is_left((2, 0.85), (1e3, 0.76)), "far above, and in the middle"
    assert is_left((5e5, 0.56), value=0.55)


@pytest.mark.parametrize("number", [3, 4, 5, 11, 60, 1000])
def test_what_is_said_of_the_lines_is_true_of_what_is_drawn(page: Page, number: int) -> None:
    tones = call(page, "charts/parallel-drawing.js", "tonesOf", number)
    words = call(page, "charts/parallel.js", "toneWords", tones)
    better = [i for i, x in enumerate(tones) if x == "better"]
    assert len(tones) == number and tones[-1] == "best" and tones[0] == "quiet"
    assert ("blue" in words) == bool(better) and "grey" in words
    assert tones.count("best") + len(better) == number // 2
    few = call(page, "charts/parallel.js", "toneWords", ["best"])
    assert "blue" not in few and "grey" not in few


LEGEND = """async ([file, view]) => {
  const { traces } = await import(file);
  const colours = { quiet: "grey", bad: "red", accent: "blue", ink: "black", pick: "orange" };
  const given = { picked: "b", own: true, errors: new Map() };
  return traces(view, {}, colours, given).map((x) => [x.name, x.marker?.symbol, x.text]);
}"""


def test_the_marks_of_the_chart_are_those_of_the_report(page: Page) -> None:
    keys = ("a", "b")
    front = [{"key": key, "x": i + 1, "y": 0.5 + i} for i, key in enumerate(keys)]
    other, low = {"key": "c", "x": 2, "y": 0.4}, {"key": "d", "x": 2, "y": 0.3}
    view = {"front": front, "others": [other], "below": [low], "failed": [], "running": []}
    found = page.evaluate(LEGEND, ["/charts/front-drawing.js", view | {"knee": 0}])
    symbols = {name: symbol for name, symbol, _ in found}
    assert {OFF_FRONT, BELOW, "front", "picked"} <= symbols.keys()
    assert symbols["picked"] == "circle-open" and symbols[BELOW] == "triangle-down"
    assert [text for name, symbol, text in found if name == "knee"] == [["knee"]]


@given(st.sets(st.integers(0, 40), min_size=1))
def test_layers_are_numbered_as_in_the_words_of_a_configuration(
    page: Page, layers: set[int]
) -> None:
    found = call(page, "charts/map-wording.js", "spans", sorted(layers))
    assert found == tell_layers(sorted(layers))


def test_a_number_in_a_sentence_is_not_broken_behind_its_e(page: Page) -> None:
    text = "`a 1e-3` of 0-5 frozen | rate 3.2e-03, twice 1e-4."
    code = """async (text) => {
        const { withCommands } = await import("/lib/dom.js");
        return withCommands(text).flat(Infinity).map((x) => x.outerHTML ?? x).join("");
    }"""
    whole = '<span class="whole">{}</span>'.format
    told = f"<code>a 1e-3</code> of 0-5 frozen | rate {whole('3.2e-03')}, twice {whole('1e-4')}."
    assert page.evaluate(code, text) == told
