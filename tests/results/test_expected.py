"""What is expected of configurations, wherever it is told."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from peftsearch.records.expectation import Expectation
from peftsearch.results import views
from peftsearch.results.beliefs.expected import show_expected, tell_expected
from peftsearch.results.search_result import load_result
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.records import fill_repeated

from .made import SPEC, members

FOUND = Expectation(0.7712, 0.005, 0.7612, 0.7812, 8.0)


def show(width: int, told: bool) -> str:
    found = members()
    if told:
        found = [*found[:-1], replace(found[-1], expected=FOUND)]
    console = Console(file=io.StringIO(), width=width)
    console.print(views.front_table(found, SPEC, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_words() -> None:
    assert show_expected("accuracy", FOUND) == "0.7712 (0.7612 to 0.7812)"
    assert "accuracy 0.7712 (0.7612 to 0.7812)" in tell_expected("accuracy", FOUND)


def test_the_table_has_a_column_for_it_where_something_is_told() -> None:
    for width in (80, 160):
        text = show(width, told=True)
        assert "0.7712 (0.7612 to 0.7812)" in text and "partly luck" in " ".join(text.split())
        assert max(map(len, text.splitlines())) <= width
        assert "at a repeat" not in show(width, told=False).lower()
    narrow = " ".join(show(60, told=True).split())
    assert "at a repeat" in narrow.split("No room here for:")[1]


def test_plain_data_has_it_or_null() -> None:
    found = members()
    rows = views.front_json([replace(found[0], expected=FOUND), *found[1:]], SPEC)
    assert rows[0]["expected"] == {
        "mean": 0.7712,
        "deviation": 0.005,
        "low": 0.7612,
        "high": 0.7812,
    }
    assert rows[1]["expected"] is None


def test_a_result_expects_once_it_has_repeats(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    with Store.open(new_sqlite()) as store:
        filler = fill_repeated(store)
        result = load_result(store, filler.job, tmp_path)
        told = {x.key: x.expected for x in result.members if x.expected}
        assert told and all(x.low < x.mean < x.high for x in told.values())
        few = replace(result, trials=result.trials[:10])
        assert few.expected == {}
    assert "at a repeat" in str(result).lower()
