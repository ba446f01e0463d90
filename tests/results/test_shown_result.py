"""What a notebook shows of a result, and the frames and axes that it gives."""

import html.parser
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from matplotlib.figure import Figure

from peftsearch.errors import UserError
from peftsearch.records.trial import FailureKind
from peftsearch.results.picks.rules import PROPOSED_BY
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.results.shown_front import Front
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.service.launches import add_job, configuration
from tests.specs import make_spec
from tests.storage import examples
from tests.storage.examples import make_proposal

VOID = {"img"}
TAG = "<script>alert(1)</script>"


class Reader(html.parser.HTMLParser):
    """All tags and text; fails where tags are not closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.images: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.images += [value for name, value in attrs if name == "src"]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.fixture
def result(new_sqlite: NewDatabase, tmp_path: Path) -> SearchResult:
    """Three completed trials, a floor, and one that failed with a message like a script."""
    with Store.open(new_sqlite()) as store:
        job = add_job(store, "tickets", [0.5, 0.7, 0.8])
        store.prepare(job.id, prepare(0.6))
        examples.insert(store, job.id, [make_proposal(9)])
        trial = examples.claim(store, job.id)
        store.fail(trial.id, trial.attempt, FailureKind.DATA, f"no class {TAG}")
        return load_result(store, store.find_job("tickets"), tmp_path)


def test_a_notebook_shows_the_front_the_pick_and_a_picture(result: SearchResult) -> None:
    page = Reader(result._repr_html_())
    text = " ".join(page.texts)
    assert page.tags.count("table") == 1 and page.tags.count("tr") == 1 + len(result.front)
    assert "To begin with: " in text and "floor: accuracy 0.6000" in text
    head, *rows = page.rows
    assert {len(row) for row in rows} == {len(head)}
    assert [row[head.index("accuracy")][:6] for row in rows] == ["0.5000", "0.7000", "0.8000"]
    assert [row[head.index("parameters")] for row in rows] == ["0", "1,000", "2,000"]
    assert [row[head.index("#")] for row in rows].count("*3") == 1
    assert f"* marks {PROPOSED_BY}." in text and "3 trials done, 1 failed" in text
    (picture,) = page.images
    assert picture.startswith("data:image/svg+xml;base64,")


def test_what_records_say_is_no_markup(result: SearchResult) -> None:
    shown = result._repr_html_()
    page = Reader(shown)
    assert "script" not in page.tags and "<script" not in shown
    assert TAG in "".join(page.texts)


def test_an_empty_result_is_shown(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    with Store.open(new_sqlite()) as store:
        empty = load_result(store, add_job(store, "tickets", []), tmp_path)
    page = Reader(empty._repr_html_())
    assert page.images == [] and "0 trials done" in " ".join(page.texts)
    assert len(empty.to_frame()) == len(empty.front.to_frame()) == 0
    with pytest.raises(UserError, match="an empty front"):
        empty.plot()


def test_frames_have_what_the_records_have(result: SearchResult) -> None:
    frame = result.to_frame()
    assert list(frame.index) == [0, 1, 2, 3] and frame.index.name == "trial"
    assert list(frame["accuracy"])[:3] == [0.5, 0.7, 0.8]
    assert frame.loc[3, "state"] == "failed" and TAG in frame.loc[3, "message"]
    front = result.front.to_frame()
    assert list(front.index) == [1, 2, 3] and front["knee"].sum() == front["proposed"].sum() == 1
    assert list(front["trainable_parameters"]) == [0.0, 1000.0, 2000.0]
    assert front.loc[2, "configuration"] == configuration(1).to_json()
    assert frame.loc[1, "configuration"] == configuration(1).to_json()


def test_a_front_is_still_a_tuple_of_points(result: SearchResult) -> None:
    assert isinstance(result.front, tuple) and result.front == tuple(result.front)
    assert [x.trials for x in result.front] == [(0,), (1,), (2,)]
    assert Reader(result.front._repr_html_()).tags.count("tr") == 4
    assert Front() == ()


def test_a_front_that_is_printed_is_the_table_of_the_result(result: SearchResult) -> None:
    told = str(result.front)
    assert told == repr(result.front) and str(result).startswith(told)
    assert "FrontPoint" not in told and max(map(len, told.splitlines())) <= 100
    rows = [x.split() for x in told.splitlines()]
    assert [x[1] for x in rows if x[:1] in (["1"], ["2"], ["*3"])][:3] == [
        "0.5000",
        "0.7000",
        "0.8000",
    ]
    assert repr(Front()) == "an empty front"


def test_the_front_is_drawn_into_axes(result: SearchResult) -> None:
    with matplotlib.rc_context({"backend": "Agg"}):
        from matplotlib import pyplot

        drawn = result.plot()
        assert drawn.get_title(loc="left") == "tickets: quality against cost"
        assert pyplot.gcf() is drawn.figure  # which a notebook shows
        pyplot.close("all")
    own = Figure().add_subplot()
    assert result.plot(ax=own) is own and len(own.lines) + len(own.collections) > 2


def test_panels_need_a_figure_of_their_own(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    objectives = {"minimise": ["adapter_bytes", "trainable_parameters"]}
    with Store.open(new_sqlite()) as store:
        job = store.create_job(make_spec("three", objectives=objectives))
        costs = [{"trainable_parameters": 9.0, "adapter_bytes": 36.0}]
        examples.insert(store, job.id, [make_proposal(1)], costs)
        examples.complete(store, examples.claim(store, job.id), 0.7, 9.0)
        many = load_result(store, job, tmp_path)
    with pytest.raises(UserError, match="a front of two objectives for one panel; got 3"):
        many.plot(ax=Figure().add_subplot())
    from matplotlib import pyplot

    assert len(many.plot().figure.axes) >= 3
    pyplot.close("all")
