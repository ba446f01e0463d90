"""Where the points of a front's picture stand."""

from matplotlib.figure import Figure

from peftsearch.records.estimates import estimate_each
from peftsearch.results.pictures.picture import plot_front

from .made import SPEC, make_trial


def test_what_lies_within_the_bars_of_a_flat_front_stands_at_its_value() -> None:
    """Of 400 rows a score near .9 has a standard error of .015: the bars reach below .885."""
    seen = [(0, 0.9), (8, 0.905), (16, 0.888)]
    trials = [make_trial(i, rank, x) for i, (rank, x) in enumerate(seen)]
    axes = plot_front(Figure(), estimate_each(trials[:2]), trials, SPEC, ())
    shown = {x.get_label(): x.get_offsets().tolist() for x in axes.collections}
    assert [y for _, y in shown["dominated"]] == [0.888]
    assert "below the axis" not in shown
