"""docs/findings.md: what recorded trainings say, with the figures of the run that writes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from .alike import write_table

_HEAD = """# What recorded trainings say

Written by `python -m benchmarks.findings.run` from the trainings recorded in `benchmarks/ground`:
configurations spread by a Sobol sequence over the default space, a sweep of uniform LoRA and the
published recipes. `tweets` and `amazon` (product reviews) are MiniLM-L6 on 1,000 training rows,
`shallow-` its three lower layers, `digits` DINOv2 on 400 images; four epochs. How each figure is
made stands in that script. Small models and few data: it says where to look first, not what holds
everywhere.
"""
_SECTION = """## {pair}

![Shares of variance, and the fronts](images/ground-{pair}.png)

**What decides.** {configurations} configurations of the sequence differ in accuracy by a standard
deviation of {deviation:.4f}. Boosted trees foresee {explained} of the variance of configurations
that they have not seen (rank correlation {correlation}). {caveat}Without knowing a choice
they foresee less by:

| choice | share of the variance |
|---|---|
{rows}

{seed}Shares go with each other and need not add up; one
within its error of 0 says that the choice was not seen to matter among these configurations.

**How far a sweep comes.** Of {swept} uniform LoRAs, ranks and rates, the front holds {sweep:.0%}
of the hypervolume of the front of all {recorded} recorded configurations; as many drawn at random
hold {drawn:.0%} ± {spread:.0%}. Of the sweep, the best by validation rows is right on
{best_sweep:.1%} of the test rows; of all, {best_all:.1%}. Fronts are chosen by validation scores
and valued on the test split.
"""
_ALIKE = """## What carries over

The same lines of the lists, by shares of the depth, on two pairs: how alike both rank them, and
which share of the hypervolume of all of them the other's front holds.

{table}
"""


def write_page(told: Mapping[str, Mapping[str, Any]], alike: Sequence[Mapping[str, Any]]) -> str:
    """The whole page."""
    last = [_ALIKE.format(table=write_table(alike))] if alike else []
    return "\n".join([_HEAD, *(_section(pair, x) for pair, x in told.items()), *last])


def _section(pair: str, told: Mapping[str, Any]) -> str:
    variance, sweep = told["variance"], told["sweep"]
    rows = [f"| {name} | {_cell(x)} |" for name, x in variance["shares"].items()]
    drawn, spread = sweep["as many at random"]
    best = sweep["best on the test split"]
    return _SECTION.format(
        pair=pair,
        configurations=variance["configurations"],
        deviation=variance["standard_deviation"],
        explained=_cell(variance["explained"]),
        correlation="{:.2f} ± {:.2f}".format(*variance["rank_correlation"]),
        caveat=_tell_caveat(*variance["explained"]),
        rows="\n".join(rows),
        seed=_tell_seeds(*variance["seeds"]),
        swept=sweep["swept"],
        sweep=sweep["sweep"],
        recorded=sweep["recorded"],
        drawn=drawn,
        spread=spread,
        best_sweep=best["sweep"],
        best_all=best["all"],
    )


def _tell_caveat(mean: float, error: float) -> str:
    """Of trees that foresee nothing no share says what matters."""
    if mean > error:
        return ""
    return "**That is nothing, so that\nno share below says what matters here.** "


def _tell_seeds(share: float, several: int) -> str:
    if not several:
        return "No configuration was trained twice, so what the seed makes is not known.\n"
    return (
        f"The seed of a training makes {share:.0%} of the variance ({several} configurations were "
        "trained\ntwice).\n"
    )


def _cell(told: tuple[float, float]) -> str:
    """A mean and its standard error, as shares."""
    return "{:.0%} ± {:.0%}".format(*told)
