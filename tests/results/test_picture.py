"""Where the points of a front's picture stand."""

from typing import Any

import pytest
from matplotlib.figure import Figure

from peftsearch.records.estimates import estimate_each
from peftsearch.results.pictures.picture import plot_front
from peftsearch.results.standing.floors import sort_floors
from tests.floors import prepare
from tests.specs import make_spec

from .made import SPEC, make_trial


def test_what_lies_within_the_bars_of_a_flat_front_stands_at_its_value() -> None:
    """Of 400 rows a score near .9 has a standard error of .015: the bars reach below .885."""
    seen = [(0, 0.9), (8, 0.905), (16, 0.888)]
    trials = [make_trial(i, rank, x) for i, (rank, x) in enumerate(seen)]
    axes = plot_front(Figure(), estimate_each(trials[:2]), trials, SPEC, ())
    shown = {x.get_label(): x.get_offsets().tolist() for x in axes.collections}
    assert [y for _, y in shown["off the front"]] == [0.888]
    assert "below the axis" not in shown


@pytest.mark.parametrize("value", [0.1, 0.42, 0.5, 0.56, 0.5778])
@pytest.mark.parametrize("goals", [{}, {"minimise": ["trainable_parameters", "training_seconds"]}])
def test_what_the_axis_reaches_stands_at_its_value(value: float, goals: dict[str, Any]) -> None:
    """The best floor leads the axis farther down than collapsed runs alone would."""
    spec = make_spec(trials=10, objectives=goals) if goals else SPEC
    trials = [make_trial(i, *x) for i, x in enumerate([(0, 0.66), (8, 0.73), (16, value)])]
    floors = sort_floors(prepare(0.55, 0.3), spec)
    axes = plot_front(Figure(), estimate_each(trials[:2]), trials, spec, floors)
    axes.figure.draw_without_rendering()
    end, held = axes.get_ylim()[0], {y for x in axes.collections for _, y in x.get_offsets()}
    assert end < 0.55
    assert (value in held) == (value >= end)
    assert value >= end or end in held
