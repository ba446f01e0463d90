"""The launch form in a real browser over the real API: job files go in and come out whole."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from peftsearch.spaces.jobspec.tracker_names import CLIENTS, missing
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.live import serve
from tests.service.sites import open_site

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
SHARES = """
name = "shares"
seed = 1_000
[model]
path = "demo:model"
[task]
train = "demo:data"
[space]
boundaries = [[0.5, 1.0], [2, 3]]
[budget]
trials = 3
"""
PREVIEW = "#spec-text"


@pytest.fixture(scope="module")
def site(new_sqlite: NewDatabase) -> Iterator[Page]:
    """One page for all tests, since each fills the whole form."""
    with serve(open_site(new_sqlite())) as (address, _), open_chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/new")
        page.wait_for_selector("#form-body:not([hidden])")
        page.evaluate("document.querySelectorAll('details').forEach((x) => (x.open = true))")
        yield page


@pytest.fixture
def page(site: Page) -> Iterator[Page]:
    """The page; no script may fail while it is used."""
    wrong = list[str]()

    def note(error: Any) -> None:
        wrong.append(str(error))

    site.on("pageerror", note)
    yield site
    site.remove_listener("pageerror", note)
    assert not wrong


def paste(page: Page, text: str) -> None:
    """Fill the form by a job file."""
    page.evaluate("document.querySelector('#paste').open = true")
    page.fill("#paste-text", text)
    page.click("#paste-read")


def read_preview(page: Page, name: str) -> dict[str, Any]:
    """The job file that the form shows for the job of that name."""
    page.wait_for_selector(f"{PREVIEW} >> text={name}")
    page.wait_for_timeout(400)  # longer than the pause before it is written
    return tomllib.loads(page.inner_text(PREVIEW))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_job_file_survives_the_form(page: Page, path: Path) -> None:
    spec = tomllib.loads(path.read_text("utf-8"))
    paste(page, path.read_text("utf-8"))
    said = {key: x for key, x in spec.items() if x != {}}  # not sections of comments alone
    assert read_preview(page, spec["name"]) == said


def test_when_to_stop_is_chosen_and_not_typed(page: Page) -> None:
    paste(page, SHARES)
    read_preview(page, "shares")  # what is pasted comes back from the service
    choice = page.get_by_label("Stop when")
    assert choice.locator("option").all_inner_texts()[1:] == ["no gain"]
    choice.select_option("no gain")
    assert read_preview(page, 'stop_when = "no gain"')["budget"]["stop_when"] == "no gain"


def test_a_share_stays_a_share_and_a_layer_a_layer(page: Page) -> None:
    paste(page, SHARES)
    boundaries = read_preview(page, "shares")["space"]["boundaries"]
    assert [[type(x) for x in pair] for pair in boundaries] == [[float] * 2, [int] * 2]
    page.check("#spec-json")
    page.wait_for_selector(f"{PREVIEW} >> text=1.0")
    page.check("#spec-toml")


@pytest.mark.parametrize("weights", ["'balanced'", "{ spam = 5.0, ham = 1.0 }"])
def test_weights_of_classes_are_a_word_or_a_table(page: Page, weights: str) -> None:
    text = f"{SHARES}[training]\nclass_weights = {weights}\n"
    paste(page, text.replace("shares", "weights"))
    assert read_preview(page, "weights")["training"] == tomllib.loads(text)["training"]


@pytest.mark.parametrize(("said", "kept"), [("true", "published"), ("false", "none")])
def test_a_switch_of_former_job_files_is_the_word_for_it(page: Page, said: str, kept: str) -> None:
    paste(page, f"{SHARES}[search]\nrecipes = {said}\n".replace("shares", kept))
    assert read_preview(page, kept)["search"] == {"recipes": kept}


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [("search", "recipes", "Learnt"), ("head", "relative", "perhaps"), ("space", "preset", "x")],
)
def test_what_is_no_choice_is_marked_and_not_lost(
    page: Page, section: str, name: str, value: str
) -> None:
    text = (
        f"{SHARES}[{section}]\n{name} = {value!r}\n"
        if section != "space"
        else (SHARES.replace("[space]", f"[space]\npreset = {value!r}"))
    )
    paste(page, text.replace("shares", f"odd-{name}"))
    assert read_preview(page, f"odd-{name}")[section][name] == value
    page.wait_for_selector(f"#field-{section}-{name}-mistake >> text=got")


TRAININGS = (
    {"epochs": [1, 2.5], "batch_size": [8, 16], "dropout": [0.0, 0.1]},
    {"epochs": 4, "batch_size": 8, "dropout": 0.1},
)


@pytest.mark.parametrize("training", TRAININGS)
def test_hyperparameters_are_one_value_or_several(page: Page, training: dict[str, Any]) -> None:
    name = f"values{TRAININGS.index(training)}"
    keys = "".join(f"{key} = {value}\n" for key, value in training.items())
    paste(page, f"{SHARES}[training]\n{keys}".replace("shares", name))
    assert read_preview(page, name)["training"] == training
    shown = [page.input_value(f"#field-training-{key}") for key in training]
    assert shown == [
        ", ".join(map(str, [x] if not isinstance(x, list) else x)) for x in training.values()
    ]


def test_a_broken_job_file_names_its_line_and_loses_nothing(page: Page) -> None:
    paste(page, SHARES)
    page.wait_for_selector(f"{PREVIEW} >> text=shares")
    paste(page, "name = 'other'\ntrials = \n")
    page.wait_for_selector("#paste-mistake >> text=This cannot be read: line 2: invalid value.")
    assert page.input_value("#paste-text").startswith("name = 'other'")
    assert page.input_value("#field-name") == "shares"
    page.fill("#paste-text", "name = 'other'")
    assert page.inner_text("#paste-mistake") == ""


def test_configurations_are_read_while_one_types(page: Page) -> None:
    paste(page, SHARES)
    read_preview(page, "shares")
    page.fill("#field-try", "[[try]]\nlearning_rate = ")
    page.fill("#field-name", "typed")
    page.wait_for_selector("#field-try-mistake >> text=line 2: invalid value")
    assert "try" not in read_preview(page, "typed")
    page.fill("#field-try", "[[try]]\nlearning_rate = 1e-3\nstrata = [{ start = 0 }]")
    page.wait_for_selector(f"{PREVIEW} >> text=learning_rate = 0.001")
    page.wait_for_selector("#field-try-mistake", state="hidden")
    page.fill("#field-try", '[{"learning_rate": 0.002}]')
    page.wait_for_selector(f"{PREVIEW} >> text=learning_rate = 0.002")


def test_a_list_with_a_hole_is_said_and_not_written(page: Page) -> None:
    paste(page, SHARES)
    read_preview(page, "shares")
    page.fill("#field-space-learning_rates", "0.001")
    page.wait_for_selector(f"{PREVIEW} >> text=# not yet: expected a value in each place")


LISTED = [{"learning_rate": 0.002, "strata": [{"start": 0, "stop": 6, "modules": []}]}]


@pytest.mark.parametrize("given", ["lists/closed.jsonl", LISTED], ids=["a file", "a list"])
def test_a_closed_list_is_a_file_or_configurations(page: Page, given: Any) -> None:
    name = f"closed{len(given)}"
    paste(page, SHARES.replace("boundaries = [[0.5, 1.0], [2, 3]]", "").replace("shares", name))
    read_preview(page, name)
    page.fill(
        "#field-space-configurations", f" {given if given is not LISTED else json.dumps(given)}\n"
    )
    page.fill("#field-name", f"{name}-typed")
    assert read_preview(page, f"{name}-typed")["space"] == {"configurations": given}
    page.fill("#field-space-configurations", "")
    page.fill("#field-name", f"{name}-empty")
    assert "configurations" not in read_preview(page, f"{name}-empty").get("space", {})


def test_a_list_of_configurations_that_is_broken_is_said(page: Page) -> None:
    paste(page, SHARES)
    read_preview(page, "shares")
    page.fill("#field-space-configurations", "[{")
    page.fill("#field-name", "broken")
    page.wait_for_selector("#field-space-configurations-mistake >> text=JSON")
    assert "configurations" not in read_preview(page, "broken")["space"]
    page.fill("#field-space-configurations", "")
    page.wait_for_selector("#field-space-configurations-mistake", state="hidden")


def test_a_check_marks_every_field_that_is_wrong(page: Page, tmp_path: Path) -> None:
    """Those of the spec itself, of the model and of the data, and commands as code."""
    wanting = missing(CLIENTS)
    if not wanting:
        pytest.skip("all trackers are installed")
    data = tmp_path / "data.csv"
    data.write_text("words,class\n" + "good,1\nbad,0\n" * 20)
    paste(
        page,
        f"""
name = "wrong"
tracking = "{wanting[0]}"
[model]
path = "{tmp_path}"
[task]
train = "{data}"
label = "klass"
[budget]
trials = 0
""",
    )
    read_preview(page, "wrong")
    page.click("#check")
    page.wait_for_selector("#launch-result >> text=see the marked fields", timeout=60_000)
    marked = {
        name: page.inner_text(f"#field-{name}-mistake")
        for name in ("task-text", "task-label", "model-path", "budget-trials", "tracking")
    }
    assert "'text'" in marked["task-text"] and "did you mean 'class'" in marked["task-label"]
    assert all(marked.values()) and "`" not in "".join(marked.values())
    assert page.inner_text("#field-tracking-mistake code").startswith("pip install")
    told = page.locator(".mistake").all_inner_texts()
    assert sum(map(bool, told)) == len(marked)  # and no field that is right
    page.fill("#field-budget-trials", "3")
    page.wait_for_selector("#field-budget-trials-mistake", state="hidden")
    assert page.inner_text("#field-task-label-mistake") == marked["task-label"]
    assert "see the marked fields" in page.inner_text("#launch-result")


def test_a_slow_check_says_nothing_of_what_was_changed_meanwhile(
    page: Page, tmp_path: Path
) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text,class\n" + "good,1\nbad,0\n" * 20)
    held = list[Route]()

    def hold(route: Route) -> None:
        if '"full":true' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    text = SHARES.replace("demo:data", str(data)).replace("demo:model", str(tmp_path))
    paste(page, text.replace("shares", "slow"))
    read_preview(page, "slow")
    page.route("**/api/v1/check", hold)
    page.click("#check")
    while not held:
        page.wait_for_timeout(20)
    page.fill("#field-task-label", "class")
    held[0].continue_()
    page.wait_for_selector("#field-model-path-mistake >> text=none in", timeout=60_000)
    assert page.inner_text("#field-task-label-mistake") == ""
    assert "see the marked fields" in page.inner_text("#launch-result")
    page.fill("#field-model-path", "elsewhere/model")
    page.wait_for_selector("#launch-result >> text=The form has changed since: check again.")
    page.unroute("**/api/v1/check")


def test_a_budget_may_be_given_in_minutes(page: Page) -> None:
    paste(page, f"{SHARES}minutes = 10\n")
    read_preview(page, "minutes = 10")
    assert page.input_value("#field-budget-hours") == "10 min"
    page.fill("#field-budget-hours", "1 h 30 min")
    assert read_preview(page, "hours = 1.5")["budget"] == {"trials": 3, "hours": 1.5}
    page.fill("#field-budget-hours", "soon")
    page.press("#field-budget-hours", "Tab")
    page.wait_for_selector("#field-budget-hours-mistake >> text=Expected a number, got 'soon'")
    page.fill("#field-budget-hours", "")


def test_what_would_be_fetched_is_told_before_it_is(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    paste(page, SHARES)
    page.wait_for_selector("#launch-fetches >> text=all-MiniLM-L6-v2 (84 MB)")


def test_columns_of_the_data_are_offered(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("words,class,turn\ngood,1,a\n")
    paste(page, SHARES)
    read_preview(page, "shares")
    page.fill("#field-task-train", str(data))
    page.press("#field-task-train", "Tab")
    newest = "#data-columns option[value=turn]"  # the data before had columns too
    page.wait_for_selector(newest, state="attached", timeout=60_000)
    offered = page.locator("#data-columns option").evaluate_all("(x) => x.map((y) => y.value)")
    assert offered == ["words", "class", "turn"]
    for name in ("text", "label", "group"):
        assert page.get_attribute(f"#field-task-{name}", "list") == "data-columns"


def test_columns_are_buttons_where_the_field_names_none(page: Page, tmp_path: Path) -> None:
    """The usual `text` and `label` are none of this file; one press fills a field."""
    data = tmp_path / "shop.csv"
    data.write_text("Category,Text\nfood,good\n")
    paste(page, SHARES.replace("demo:data", str(data)))
    text, label = (page.locator(f"[data-field='task.{x}']") for x in ("text", "label"))
    text.get_by_role("button", name="Text as the column of the text").click(timeout=60_000)
    assert page.input_value("#field-task-text") == "Text"
    assert text.get_by_role("button").count() == 0  # hidden ones have no role
    assert label.get_by_role("button").all_inner_texts() == ["Category", "Text"]
    page.fill("#field-task-label", "Category")
    page.wait_for_selector("[data-field='task.label'] .columns-offered", state="hidden")


@pytest.fixture
def uploading(site: Page, new_sqlite: NewDatabase, tmp_path: Path) -> Iterator[Page]:
    """The form of a service that keeps files in the folder `root` of the test."""
    (tmp_path / "root").mkdir()
    browser = site.context.browser
    assert browser is not None
    with serve(open_site(new_sqlite(), data_roots=(tmp_path / "root",))) as (address, _):
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/new")
        yield page
        page.close()


def upload(page: Page, path: Path, content: str, said: str, where: str = "data") -> None:
    """Write a file and choose it; wait for what is told."""
    path.write_text(content)
    page.set_input_files(f"#{where}-upload", path)
    told = f".field :is(#{where}-upload-said, #{where}-upload-mistake)"
    page.wait_for_selector(f"{told} >> text={said}")


def test_a_file_of_this_computer_is_sent_and_named(uploading: Page, tmp_path: Path) -> None:
    """What the service does not take is a mistake beside the file, until another is taken."""
    page, where = uploading, "#field-task-train"
    upload(page, tmp_path / "torn.csv", "words,class\n1,2,3\n", "Expected")
    wrong = page.locator("#data-upload-mistake")
    assert "Expected" in wrong.inner_text()
    assert page.get_attribute("#data-upload", "aria-invalid") == "true"
    upload(page, tmp_path / "my rows.csv", "words,class\ngood,1\n", "is kept as")
    assert page.input_value(where) == "uploads/my-rows.csv"
    assert page.get_attribute("#data-upload", "aria-invalid") is None
    assert wrong.inner_text() == ""
    page.wait_for_selector("#data-columns option", state="attached")
    upload(page, tmp_path / "held.csv", "words,class\nbad,0\n", "is kept as", "test")
    assert page.input_value("#field-task-test") == "uploads/held.csv"
    assert page.input_value(where) == "uploads/my-rows.csv"


def test_a_file_is_sent_twice_or_in_another_form(uploading: Page, tmp_path: Path) -> None:
    page, where, rows = uploading, "#field-task-train", "words,class\ngood,1\n"
    upload(page, tmp_path / "rows.csv", rows, "is kept as")
    page.fill(where, "")
    page.set_input_files("#data-upload", [])
    upload(page, tmp_path / "rows.csv", rows, "is here already")
    assert page.input_value(where) == "uploads/rows.csv"
    page.set_input_files("#data-upload", [])
    upload(page, tmp_path / "rows.csv", f"{rows}bad,0\n", "Another file has this name")
    assert page.input_value(where) == "uploads/rows-2.csv"
