"""Tables, pictures and progress over the same made-up records."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from peftsearch.errors import UserError
from peftsearch.live.progress import measure_progress, tell_best
from peftsearch.records.estimates import estimate, estimate_each, share_error
from peftsearch.records.job import JobState
from peftsearch.records.ranges import Range
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.results import views
from peftsearch.results.comparisons.sampling_errors import sampling_error, standard_error
from peftsearch.results.picks.rules import PROPOSED_BY
from peftsearch.results.pictures.axis_values import ticks
from peftsearch.results.pictures.log_axis import write_ticks
from peftsearch.results.pictures.panels import make_panels
from peftsearch.results.pictures.picture import check_picture, draw_front
from peftsearch.results.wording import amount
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from tests.floors import prepare
from tests.specs import make_spec

from .made import SPEC, TRIALS, make_trial, members

FAILED = replace(
    make_trial(5, 32, 0.0),
    state=TrialState.FAILED,
    failure=FailureKind.OUT_OF_MEMORY,
    message="12 GiB were asked for",
    measurements={"trainable_parameters": 294_912.0},
)


def show(content: object, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(content)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 160])
def test_front_names_every_configuration_whole(width: int) -> None:
    text = show(views.front_table(members(), SPEC, width), width)
    for part in ("0-5 frozen", "0-5 lora r1 q+v", "0-5 lora r8 q+v", "0.7500", "73,728", "770"):
        assert part in text
    assert max(map(len, text.splitlines())) <= width


def test_a_narrow_front_keeps_number_quality_and_cost_whole() -> None:
    also = ["backward_depth", "training_seconds", "peak_memory_bytes"]
    spec = make_spec(trials=10, objectives={"cost": "adapter_bytes", "also": also})
    text = show(views.front_table(members(), spec, 60), 60)
    head = next(line for line in text.splitlines() if "#" in line)
    assert "accuracy" in head and "size" in head and "trials" not in head
    whole = " ".join(text.split())
    assert "…" not in text and "0.7500" in text and "No room here for: seeds" in whole
    assert f"* marks {PROPOSED_BY}." in whole
    assert re.search(r"^ +\*\d +0\.\d{4} ", text, re.M)


def test_a_value_is_never_cut_and_a_heading_takes_lines_before() -> None:
    wide = {"minimise": ["training_flops", "adapter_bytes", "backward_depth"]}
    spec = make_spec(trials=10, objectives=wide)
    text = show(views.front_table(members(), spec, 66), 66)
    assert "…" not in text and re.search(r"^ +\*\d +0\.\d{4} ", text, re.M)


THREE = make_spec(trials=10, objectives={"minimise": ["training_seconds", "backward_depth"]})


@pytest.mark.parametrize("width", [60, 160])
def test_a_front_of_three_objectives_tells_all_of_them(width: int) -> None:
    text = show(views.front_table(members(), THREE, width), width)
    head = next(line for line in text.splitlines() if "#" in line)
    assert "accuracy" in head and "backward depth" in head and "train" in head
    together = "accuracy, backward depth and training time together"
    assert f"Each is unbeaten in {together}" in " ".join(text.split())


def test_trials_have_a_column_for_what_else_is_traded_off() -> None:
    head = show(views.trials_table(TRIALS, THREE, 160), 160).splitlines()[1]
    assert "backward depth" in head
    assert "backward depth" not in show(views.trials_table(TRIALS, SPEC, 160), 160)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_value_of_a_trial_is_cut(width: int) -> None:
    spec = make_spec(objectives={"minimise": ["export_bytes", "training_seconds"]})
    told = [
        replace(
            x, measurements={**x.measurements, "export_bytes": 12520.0, "training_seconds": 61}
        )
        for x in TRIALS
    ]
    text = show(views.trials_table(told, spec, width), width)
    values = [f"{x.measurements['accuracy']:.4f}" for x in told]
    assert all(x in text for x in values) and "12.5 KB" in text and "…" not in text
    assert "(B)" not in text
    assert ("No room here for: origin" in text) is (width < 80)


def test_an_empty_front_says_which_bounds_nothing_meets() -> None:
    spec = make_spec(objectives={"bounds": ["training_seconds <= 1 s"]})
    text = show(views.front_table([], spec, 100), 100)
    assert "No completed trial has training_seconds <= 1 s." in text


def test_an_empty_front_without_bounds_is_said() -> None:
    assert "No completed trial is there." in show(views.front_table([], SPEC, 100), 100)


def test_at_eighty_columns_a_front_names_its_trials() -> None:
    text = show(views.front_table(members(), SPEC, 80), 80)
    assert "trials" in next(line for line in text.splitlines() if "#" in line)


def test_front_says_how_sure_its_numbers_are() -> None:
    assert standard_error(members()[0], SPEC) == share_error(0.6, 400)
    regression = make_spec(task={"train": "t.csv", "kind": "regression"})
    assert standard_error(members()[0], regression) is None


def test_no_error_where_the_quality_is_no_share_of_rows() -> None:
    assert sampling_error(SPEC, {"accuracy": 0.5}, None) is None
    assert sampling_error(SPEC, {"accuracy": 1.5}, 400) is None
    assert sampling_error(SPEC, {}, 400) is None


def test_front_json_is_plain_data() -> None:
    rows = json.loads(json.dumps(views.front_json(members(), SPEC)))
    assert [row["seeds"] for row in rows] == [1, 2, 1]
    assert [row["trials"] for row in rows] == [[0], [1, 4], [3]]
    assert Configuration.from_json(rows[1]["configuration"]).key == rows[1]["key"]


@pytest.mark.parametrize("width", [80, 160])
def test_a_failed_trial_shows_its_message(width: int) -> None:
    text = show(views.trials_table([*TRIALS, FAILED], SPEC, width), width)
    assert "out_of_memory" in text and "12 GiB were asked for" in text


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize(
    ("state", "told"),
    [
        (JobState.RUNNING, "queued"),
        (JobState.FINISHED, "not started (the job ended)"),
        (JobState.STOPPED, "not started (the job is stopped)"),
    ],
)
def test_a_trial_that_waits_says_whether_anybody_comes(
    width: int, state: JobState, told: str
) -> None:
    waits = replace(TRIALS[0], number=9, state=TrialState.QUEUED, measurements={})
    words = show(views.trials_table([*TRIALS, waits], SPEC, width, job=state), width).split()
    assert set(told.split()) <= set(words)  # which a narrow table breaks
    assert ("queued" in words) == (told == "queued")


def test_picture_is_written(tmp_path: Path) -> None:
    path = draw_front(members(), TRIALS, SPEC, tmp_path / "front.png")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("format", ["png", "svg"])
@pytest.mark.parametrize("maximise", [(), ("f1",)])
def test_a_picture_of_more_objectives_has_a_panel_for_each_pair(
    tmp_path: Path, format: str, maximise: tuple[str, ...]
) -> None:
    wanted = {**THREE.to_json()["objectives"], "maximise": maximise}
    spec = make_spec(trials=10, objectives=wanted)
    told = [
        replace(x, measurements={**x.measurements, "f1": x.measurements["accuracy"] ** 2})
        for x in TRIALS
    ]
    shown = [x for x in estimate_each(told) if x.values["accuracy"] > 0.5]
    path = draw_front(shown, told, spec, tmp_path / f"front.{format}", prepare(0.7).floors[1:])
    if format == "svg":
        text = path.read_text()
        assert text.count('<g id="axes_') == 2 * (3 if not maximise else 6)
        assert "<!-- training time, less is better -->" in text
        assert "<!-- colour: accuracy -->" in text


def test_progress_and_hypervolume_are_counted_from_the_floor() -> None:
    alone = measure_progress(SPEC, TRIALS, hours=0.1, workers=2).hypervolume
    assert measure_progress(SPEC, TRIALS, 0.1, 2, prepare(0.77)).hypervolume < alone
    assert measure_progress(SPEC, TRIALS, 0.1, 2, prepare(0.9)).hypervolume == 0


def test_picture_of_one_point(tmp_path: Path) -> None:
    path = draw_front(members()[:1], TRIALS[:1], SPEC, tmp_path / "front.png")
    assert path.stat().st_size > 1000


def test_picture_needs_a_front_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="an empty front; let"):
        draw_front([], [], SPEC, tmp_path / "front.png")
    with pytest.raises(UserError, match="a writable file"):
        draw_front(members(), TRIALS, SPEC, tmp_path / "none" / "front.png")


@pytest.mark.parametrize("name", ["front.xyz", "front"])
def test_a_picture_is_refused_before_the_work_for_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a picture that ends in \.png, "):
        check_picture(tmp_path / name)
    with pytest.raises(UserError, match="no folder"):
        check_picture(tmp_path / "none" / "front.png")


@pytest.mark.parametrize(("trials", "text"), [(1, "1 trial"), (2, "2 trials")])
def test_a_budget_in_words(trials: int, text: str) -> None:
    assert views.budget_text(make_spec(trials=trials)) == text


def test_progress_counts_and_forecasts() -> None:
    now = measure_progress(SPEC, [*TRIALS, FAILED], hours=0.1, workers=2)
    assert (now.done, now.failed, now.best) == (5, 1, 0.79)
    assert 0 < now.hypervolume < 1
    assert now.left is not None and now.left.holds((10 - 6) * 20 / 2)
    assert now.left.high < 10 * 20


def test_progress_of_a_job_that_hours_limit() -> None:
    spec = make_spec(trials=None)
    assert measure_progress(spec, [], hours=0.75, workers=1).left == Range(900, 900, 900)
    assert measure_progress(spec, [], hours=1.5, workers=1).left == Range(0, 0, 0)


def test_progress_before_the_first_result_knows_no_time() -> None:
    now = measure_progress(SPEC, [], hours=0.0, workers=1)
    assert (now.done, now.best, now.left, now.hypervolume) == (0, None, None, 0.0)


def test_ticks_have_the_unit_of_their_objective_and_are_never_few() -> None:
    for name, low, high in (
        ("peak_memory_bytes", 4.1e8, 8e8),
        ("training_seconds", 6.0, 40.0),
        ("export_bytes", 40.0, 3e6),
    ):
        axes, places = Figure().add_subplot(), ticks(low, high, narrow=True)
        write_ticks(axes.xaxis, places, objective(name))
        texts = axes.xaxis.get_major_formatter().format_ticks(places)
        assert 3 <= len(texts) < 9 and texts == [amount(name, x) for x in places]


def test_what_collapsed_does_not_press_the_panels() -> None:
    goals = {"minimise": ["trainable_parameters", "training_seconds"], "maximise": ["accuracy"]}
    spec = make_spec(objectives=goals)
    shown = members()
    low = min(x.values["accuracy"] for x in shown)
    collapsed = estimate([make_trial(9, 32, 0.0)])
    axes = make_panels(shown, [collapsed], spec, ()).axes[0]
    assert 0 < axes.get_ylim()[0] < low


def test_the_best_so_far_is_a_mean_and_says_of_which_trials() -> None:
    now = measure_progress(SPEC, [make_trial(2, 8, 0.9455), make_trial(6, 8, 0.9211)], 0.0, 1)
    assert tell_best(now, SPEC) == "0.9333 (mean of trials 2, 6)"
    assert tell_best(measure_progress(SPEC, [], 0.0, 1), SPEC) == "-"
