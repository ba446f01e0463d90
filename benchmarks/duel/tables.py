"""The table of a duel: hypervolume on test rows at a third, two thirds and all of the time."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

Row = Mapping[str, Any]
RIVAL = "TPE"


def tell(rows: Iterable[Row]) -> str:
    """For each data set and length a table, and when each arm was where TPE ended."""
    rows = list(rows)
    jobs = [x for x in rows if "arm" in x]
    parts = []
    for data, minutes in dict.fromkeys((x["data"], x["minutes"]) for x in jobs):
        own = [x for x in jobs if (x["data"], x["minutes"]) == (data, minutes)]
        floor = next(x["floor"] for x in rows if "floor" in x and x["data"] == data)
        title = f"{data}, {minutes:g} CPU minutes a job, above the floor's {floor:.3f}"
        parts.append("\n".join([title, "", *_table(own, minutes)]))
    return "\n\n".join(parts) or "no job has ended"


def _table(rows: Sequence[Row], minutes: float) -> Iterable[str]:
    yield (
        "| arm | jobs | at 1/3 | at 2/3 | at the end | trainings | members | best on test rows "
        "| where TPE ended |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for arm in dict.fromkeys(x["arm"] for x in rows):
        own = [x for x in rows if x["arm"] == arm]
        cells = [_spread([x["volumes"][i] for x in own]) for i in range(3)]
        cells += [f"{fmean(x['trials'][2] for x in own):.1f}"]
        cells += [f"{fmean(x['members'][2] for x in own):.1f}"]
        cells += [_spread([x["best_test"] for x in own])]
        cells += [", ".join(_reached(x, rows, minutes) for x in own)]
        yield f"| {arm} | {len(own)} | {' | '.join(cells)} |"


def _spread(values: Sequence[float]) -> str:
    """Mean, and standard deviation between jobs."""
    apart = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{fmean(values):.3f}{apart}"


def _reached(row: Row, rows: Sequence[Row], minutes: float) -> str:
    """The share of the time after which an arm had what TPE of the same seed had at its end."""
    rival = [x for x in rows if x["arm"] == RIVAL and x["seed"] == row["seed"]]
    if not rival:
        return "?"
    goal = rival[0]["volumes"][2]
    at = [seconds for seconds, volume in row["curve"] if volume >= goal]
    return f"{min(at) / (60 * minutes):.0%}" if at else "never"
