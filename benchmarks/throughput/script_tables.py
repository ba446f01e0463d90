"""The tables of `scripts`: CPU seconds by part, ratios to ours, and whether accuracies agree."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

Row = Mapping[str, Any]
PARTS = ("loading", "training", "evaluation", "around")
SCRIPTS = ("usual", "tuned")
OURS, AGAIN = "ours", "again"


def total(row: Row) -> float:
    """CPU seconds of the whole process; of ours, of the trial."""
    return float(sum(row["cpu_seconds"].values()))


def loaded(row: Row) -> float:
    """The same without what loading took: the script in a loop that has all in memory."""
    return total(row) - float(row["cpu_seconds"].get("loading", 0.0))


def steps(row: Row) -> float:
    """The training alone."""
    return float(row["cpu_seconds"]["training"])


MEASURES: Mapping[str, Callable[[Row], float]] = {
    "whole process": total,
    "without loading": loaded,
    "training steps alone": steps,
}


def geometric(ratios: Sequence[float]) -> str:
    """Geometric mean, with the least and the greatest."""
    mean = math.exp(fmean(map(math.log, ratios)))
    return f"{mean:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def tell(rows: Iterable[Row]) -> str:
    """All tables, of the configurations that every arm has trained."""
    rows = list(rows)
    found: dict[str, dict[str, Row]] = {}
    for x in (x for x in rows if "arm" in x):
        found.setdefault(x["configuration"], {})[x["arm"]] = x
    whole = [x for x in found.values() if {*SCRIPTS, OURS} <= x.keys()]
    if not whole:
        return "no configuration is trained in every arm"
    parts = [_ratios(whole), _parts(whole), _each(whole), _accuracies(whole), *_loading(rows)]
    return "\n\n".join(parts)


def _ratios(whole: Sequence[Mapping[str, Row]]) -> str:
    lines = ["| CPU time, as a multiple of ours | usual script | tuned script |", "|---|---|---|"]
    for origin in dict.fromkeys(x[OURS]["origin"] for x in whole):
        own = [x for x in whole if x[OURS]["origin"] == origin]
        lines += _ratios_to(OURS, own, origin)
        again = [x for x in own if AGAIN in x]
        lines += _ratios_to(AGAIN, again, f"{origin}, states kept before") if again else []
    return "\n".join(lines)


def _ratios_to(ours: str, own: Sequence[Mapping[str, Row]], what: str) -> list[str]:
    found = {
        name: [geometric([measure(x[arm]) / measure(x[ours]) for x in own]) for arm in SCRIPTS]
        for name, measure in MEASURES.items()
    }
    return [f"| {what} ({len(own)}), {name} | {' | '.join(x)} |" for name, x in found.items()]


def _parts(whole: Sequence[Mapping[str, Row]]) -> str:
    lines = [
        "| mean of all, CPU s | loading | training | evaluation | around | sum | peak, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in (*SCRIPTS, OURS):
        own = [x[arm] for x in whole]
        cells = [fmean(x["cpu_seconds"].get(part, 0.0) for x in own) for part in PARTS]
        peak = fmean(x["peak_bytes"] for x in own) / 1e6
        told = " | ".join(f"{x:.1f}" for x in [*cells, sum(cells)])
        lines.append(f"| {arm} | {told} | {peak:,.0f} |")
    return "\n".join(lines)


def _each(whole: Sequence[Mapping[str, Row]]) -> str:
    lines = [
        "| configuration | usual, CPU s | tuned | ours | peak, MB: usual | tuned | ours "
        "| accuracy: usual | tuned | ours |",
        "|" + "---|" * 10,
    ]
    for x in whole:
        order = [x[arm] for arm in (*SCRIPTS, OURS)]
        cells = [f"{total(y):.1f}" for y in order]
        cells += [f"{y['peak_bytes'] / 1e6:,.0f}" for y in order]
        cells += [f"{y['accuracy']:.3f}" for y in order]
        lines.append(f"| {x[OURS]['label']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _accuracies(whole: Sequence[Mapping[str, Row]]) -> str:
    told = []
    for arm in SCRIPTS:
        apart = [x[arm]["accuracy"] - x[OURS]["accuracy"] for x in whole]
        error = stdev(apart) / math.sqrt(len(apart)) if len(apart) > 1 else math.nan
        told.append(f"{arm} script less ours {fmean(apart):+.4f} ± {error:.4f}")
    return f"Accuracy, mean and standard error over configurations: {'; '.join(told)}."


def _loading(rows: Iterable[Row]) -> list[str]:
    """Of ours, once for a job and process."""
    told = [x for x in rows if "loading" in x]
    each = (", ".join(f"{k} {v:.1f}" for k, v in x["loading"].items()) for x in told)
    notes = dict.fromkeys(x["note"] for x in told)
    return [f"Ours before its first trial, once, CPU s: {x}." for x in each] + [*notes]
