"""Names of lines in a picture do not cover each other."""

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from peftsearch.records.preparation import BASE, Floor
from peftsearch.results.pictures.picture import draw_front
from peftsearch.results.pictures.reference_lines import Line, draw_lines, spread
from tests.floors import prepare

from .made import SPEC, TRIALS, members


@given(st.lists(st.floats(-1e3, 1e3), max_size=8), st.floats(0.1, 100))
def test_places_are_a_gap_apart_and_no_farther_than_needed(
    places: list[float], gap: float
) -> None:
    found = spread(sorted(places), gap)
    pairs = list(itertools.pairwise(found))
    assert all(b - a >= gap * (1 - 1e-6) - 1e-9 for a, b in pairs)
    assert all(abs(a - b) <= gap * len(places) for a, b in zip(found, sorted(places), strict=True))
    if all(b - a >= gap for a, b in itertools.pairwise(sorted(places))):
        assert found == sorted(places)


def test_names_stand_beside_the_chart_in_the_order_of_their_lines() -> None:
    for signed in (1, -1):
        figure = Figure()
        axes = figure.add_subplot()
        axes.plot([0, 1], [0.6, 0.8])
        if signed < 0:
            axes.invert_yaxis()
        lines = [Line(0.7, "b", "floor"), Line(0.69, "a", "probe"), Line(0.9, "c", "floor")]
        draw_lines(axes, lines, lambda x, sign=signed: sign * x)  # type: ignore[misc]
        figure.draw_without_rendering()
        boxes = {
            x.get_text(): x.get_window_extent() for x in axes.texts if isinstance(x, Annotation)
        }
        order = sorted(boxes, key=lambda name: boxes[name].y0)
        assert order == ["a", "b", "c"][::signed]
        assert all(boxes[b].y0 >= boxes[a].y1 for a, b in itertools.pairwise(order))
        assert all(box.x0 > axes.get_window_extent().x1 for box in boxes.values())


def test_a_name_with_room_stands_at_its_line() -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([0, 1], [0.6, 0.8])
    draw_lines(axes, [Line(0.65, "low", "floor"), Line(0.78, "high", "floor")], lambda x: x)
    figure.draw_without_rendering()
    for name, value in (("low", 0.65), ("high", 0.78)):
        (text,) = (x for x in axes.texts if x.get_text() == name)
        box, line = text.get_window_extent(), axes.transData.transform((0, value))[1]
        assert abs((box.y0 + box.y1) / 2 - line) < box.height / 2


def test_a_picture_names_its_floors_and_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "front.svg"
    for features in (0.77, 0.95):
        draw_front(members(), TRIALS, SPEC, path, prepare(features, tfidf=0.2).floors[::-1])
        text = path.read_text()
        for words in ("frozen features", "linear probe", f"{features:.4f}  logistic regression"):
            assert f"<!-- {words}" in text or f"<!--  -  {words}" in text
        assert "<!-- base model -->" not in text
        assert "<!-- TF-IDF -->" not in text, "a floor far below would press the front together"


def test_a_language_model_without_an_adapter_has_one_line(tmp_path: Path) -> None:
    path = tmp_path / "front.svg"
    base = Floor(BASE, "the base model as it is", {"accuracy": 0.75})
    draw_front(members(), TRIALS, SPEC, path, [base])
    text = path.read_text()
    assert "<!-- base model -->" in text and "<!-- linear probe -->" not in text
