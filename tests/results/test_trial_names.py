"""A name may be picked by, and never changes what another pick means."""

import io
from pathlib import Path

import pytest
from rich.console import Console

import peftsearch
from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.trial_note import TrialNote, by_trial
from peftsearch.results import views
from peftsearch.results.trial_names import check_pickable, find_number, read_pick
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.records import fill_example

from .made import SPEC, TRIALS, members

NOTES = [TrialNote(3, "small enough", "line one\n<b>line two", 1.0), TrialNote(4, "r8", None, 2.0)]


@pytest.mark.parametrize("text", ["small enough", " Small Enough ", "trial small enough"])
def test_a_name_means_its_trial(text: str) -> None:
    assert read_pick(text, NOTES) == "trial 3"


def test_a_name_that_begins_as_another_ones_pick_means_its_own_trial() -> None:
    notes = [TrialNote(1, "foo", None, 1.0), TrialNote(2, "trial foo", None, 2.0)]
    assert [read_pick(x, notes) for x in ("foo", "Trial foo")] == ["trial 1", "trial 2"]
    assert read_pick("trial trial foo", notes) == "trial 2"


@pytest.mark.parametrize("text", ["1se", "2", "trial 4", "size <= 2 KB", "small", "trial"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert read_pick(text, NOTES) == text


@pytest.mark.parametrize(
    "name", ["best", "1SE", "Knee", "7", "trial 7", "t9", "row 2", "x where y"]
)
def test_a_name_that_is_a_pick_already_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="means nothing else"):
        check_pickable(name)


def test_a_trial_is_found_by_its_number_or_its_name() -> None:
    assert [find_number(x, NOTES) for x in (7, "7", "R8")] == [7, 7, 4]
    with pytest.raises(NotFoundError, match="did you mean 'small enough'"):
        find_number("smal enough", NOTES)


@pytest.mark.parametrize("width", [80, 200])
def test_tables_show_names_and_notes_on_one_line(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(views.trials_table(TRIALS, SPEC, width, by_trial(NOTES)))
    console.print(views.front_table(members(), SPEC, width, by_trial(NOTES)))
    file = console.file
    assert isinstance(file, io.StringIO)
    text = " ".join(file.getvalue().split())
    assert text.count("“small enough”: ") == 2 and text.count("“r8”: ") == 2
    assert "(note: line one <b>line two)" in text


def test_a_result_picks_by_name_and_shows_it(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    plain = peftsearch.load("job", url, tmp_path)
    peftsearch.note("job", 2, "<script>alert(1)</script>", "small enough", url)
    found = peftsearch.load("job", url, tmp_path)
    assert found.pick("SMALL enough").key == plain.pick("trial 2").key
    assert "“small enough”: " in str(found)
    assert "“small enough”: " in found._repr_html_() and "<script>" not in found._repr_html_()
    assert found.to_frame()["name"][2] == "small enough"
    assert found.front.to_frame()["names"].tolist().count(["small enough"]) == 1
    assert [found.pick(x).key for x in ("1se", "best")] == [
        plain.pick(x).key for x in ("1se", "best")
    ]
    with pytest.raises(NotFoundError):
        peftsearch.note("job", 99, "x", storage=url)
    assert peftsearch.note("job", "small enough", name="", storage=url).name is None


def test_a_result_knows_names_that_were_given_after_it_was_read(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_example(store)
    earlier = peftsearch.load("job", url, tmp_path)
    with pytest.raises(UserError, match="correct the pick"):
        earlier.pick("small enough")
    peftsearch.note("job", 2, name="small enough", storage=url)
    named = peftsearch.load("job", url, tmp_path)
    assert [x.number for x in earlier.pick("small enough").trials] == [2]
    peftsearch.note("job", 2, name="", storage=url)
    peftsearch.note("job", 0, name="small enough", storage=url)
    assert [x.number for x in named.pick("small enough").trials] == [0]
    file = Path(url.removeprefix("sqlite:///"))
    file.rename(file.with_suffix(".moved"))
    assert [x.number for x in named.pick("small enough").trials] == [2]  # as it was read
    assert not file.exists()
