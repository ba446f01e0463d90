"""docs/findings.md: what recorded trainings say, with the figures of the run that writes it."""

from collections.abc import Mapping
from typing import Any

_HEAD = """# What recorded trainings say

Written by `python -m benchmarks.findings.run` from the trainings recorded in `benchmarks/ground`:
MiniLM-L6, 1,000 training rows, four epochs, configurations spread by a Sobol sequence over the
default space, and a sweep of uniform LoRA. How each figure is made stands in that script. One
model and few data: it says where to look first, not what holds everywhere.
"""
_SECTION = """## {pair}

![Shares of variance, and the fronts](images/ground-{pair}.png)

**What decides.** {configurations} configurations of the sequence differ in accuracy by a standard
deviation of {deviation:.4f}. Boosted trees foresee {explained} of the variance of configurations
that they have not seen (rank correlation {correlation}). Without knowing a choice they foresee
less by:

| choice | share of the variance |
|---|---|
{rows}

The seed of a training makes {seed:.0%} of the variance ({several} configurations were trained
twice). Shares go with each other and need not add up; one within its error of 0 says that the
choice was not seen to matter among these configurations.

**How far a sweep comes.** Of {swept} uniform LoRAs, ranks and rates, the front holds {sweep:.0%}
of the hypervolume of the front of all {recorded} recorded configurations; as many drawn at random
hold {drawn:.0%} ± {spread:.0%}. Of the sweep, the best by validation rows is right on
{best_sweep:.1%} of the test rows; of all, {best_all:.1%}. Fronts are chosen by validation scores
and valued on the test split.
"""


def write_page(told: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(pair, x) for pair, x in told.items())])


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
        rows="\n".join(rows),
        seed=variance["seeds"][0],
        several=variance["seeds"][1],
        swept=sweep["swept"],
        sweep=sweep["sweep"],
        recorded=sweep["recorded"],
        drawn=drawn,
        spread=spread,
        best_sweep=best["sweep"],
        best_all=best["all"],
    )


def _cell(told: tuple[float, float]) -> str:
    """A mean and its standard error, as shares."""
    return "{:.0%} ± {:.0%}".format(*told)
