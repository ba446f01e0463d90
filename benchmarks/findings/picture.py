"""Shares of variance and the fronts of a grid, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from peftsearch.results.pictures.axis_values import zero_position
from peftsearch.results.pictures.log_axis import dress_with_zero
from peftsearch.spaces.jobspec.objectives import objective

from .fronts import Grid

_INK, _QUIET, _ACCENT, _OTHER = "#1f2933", "#b8c0c8", "#0b6e99", "#c2571a"


def draw_findings(grid: Grid, variance: Mapping[str, Any], path: Path) -> None:
    """The shares, and both fronts on validation scores."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[2, 3])
    _draw_shares(left, variance)
    _draw_fronts(right, grid)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def _draw_shares(axes: Axes, variance: Mapping[str, Any]) -> None:
    shares, (seed, several) = dict(variance["shares"]), variance["seeds"]
    if several:
        shares["seed"] = [seed, 0.0]
    names = list(reversed(shares))
    axes.barh(
        names,
        [shares[x][0] for x in names],
        xerr=[shares[x][1] for x in names],
        color=[_QUIET if x == "seed" else _ACCENT for x in names],
        error_kw={"ecolor": _INK, "lw": 1},
    )
    axes.axvline(0.0, color=_INK, lw=0.8)
    axes.set_xlabel("share of the variance between trainings")


def _draw_fronts(axes: Axes, grid: Grid) -> None:
    zero, everything = zero_position(grid.costs), np.arange(len(grid.members))
    costs = np.maximum(grid.costs, zero)
    sweep = {"color": _OTHER, "label": "sweep of uniform LoRA, and its front"}
    whole = {"color": _QUIET, "label": "all that was recorded"}
    for of, told, colour in ((everything, whole, _ACCENT), (grid.swept, sweep, _OTHER)):
        front = grid.front(of)
        axes.scatter(costs[of], grid.seen[of], s=16, zorder=2, **told)
        axes.step(costs[front], grid.seen[front], where="post", color=colour, lw=1.6)
    dress_with_zero(axes, "x", zero, objective("trainable_parameters"), narrow=True)
    _leave_out_collapsed(axes, grid.seen, grid.seen[grid.front(everything)])
    axes.set_xlabel("trainable parameters (log scale, head excluded)")
    axes.set_ylabel("accuracy on validation rows")
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=9)


def _leave_out_collapsed(
    axes: Axes, seen: NDArray[np.float64], front: NDArray[np.float64]
) -> None:
    """Let the fronts have the room: of trainings far below them, only how many there are."""
    low, high = float(front.min()), float(front.max())
    bottom = low - (high - low)
    below = int((seen < bottom).sum())
    if below:
        axes.set_ylim(bottom=bottom)
        told = f"{below} collapsed, below the picture"
        axes.text(0.99, 0.01, told, ha="right", va="bottom", fontsize=9, transform=axes.transAxes)
