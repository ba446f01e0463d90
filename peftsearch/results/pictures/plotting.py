"""A result drawn where `pyplot` shows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from peftsearch.records.preparation import Floor
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import JobSpec

from .picture import Estimates, plot_front

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_result(
    members: Estimates,
    trials: Sequence[Trial],
    spec: JobSpec,
    floors: Sequence[Floor],
    axes: "Axes | None",
) -> "Axes":
    """Draw the front; see `SearchResult.plot`, and `draw_front` for the arguments."""
    told = members, trials, spec, floors
    if axes is not None:
        drawn: Axes = plot_front(axes.figure, *told, axes)  # type: ignore[arg-type]
        return drawn
    from matplotlib import pyplot

    figure = pyplot.figure(layout="constrained")
    try:
        drawn = plot_front(figure, *told)
    except BaseException:
        pyplot.close(figure)
        raise
    return drawn
