"""What `peftsearch confirm` found of a configuration, and how often the test split was read."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

from typing_extensions import TypedDict

from peftsearch.results.confirmations.counts import DATA, TEST
from peftsearch.results.confirmations.tested_reports import (
    OnTest,
    key_of,
    order_of,
)
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

_LEVEL = 0.95
"""Of intervals of before a level was kept."""
_WIDTH = 2 * NormalDist().inv_cdf(0.975)
"""Standard errors from one end of a 95 % interval to the other."""
_FLOOR = "floor "
"""How the key of a floor's run begins."""

Content = Mapping[str, Any]


class ComparedArm(TypedDict):
    """One arm of a comparison.

    Attributes:
        interval: Of the mean, by rows and seeds; null of before it was kept.
        seeds: Trainings; 0 of a floor, which has no seeds.
    """

    name: str
    words: str
    mean: float
    interval: list[float] | None
    seeds: int
    trainable_parameters: int


class Against(TypedDict):
    """The chosen configuration beside another arm.

    Attributes:
        gain: Positive where the chosen one is better, whatever the quality.
        low: Lower end of its interval.
        high: Upper end.
        level: Chance with which the interval holds.
        standard_error: Of the gain; of before it was kept, by the width of the interval.
        resolved: Whether the interval excludes 0.
    """

    name: str
    gain: float
    low: float
    high: float
    level: float
    standard_error: float
    resolved: bool


class Comparison(TypedDict):
    """A comparison on the test split.

    Attributes:
        level: Chance with which its intervals hold.
        calibration: Sentences on the probabilities of the adapter that an export takes home.
    """

    rows: int
    level: float
    arms: list[ComparedArm]
    against: list[Against]
    groups: list[str]
    calibration: list[str]


class Readings(TypedDict):
    """What was scored on the test split.

    Attributes:
        trainings: Runs of configurations.
        configurations: How many different ones.
        each: The fewest and the most trainings of one; none where there is none.
        tuning: Trainings that were scored on the validation rows, to tune a rate.
        floors: Baselines without adapters.
        comparisons: How many were completed; one that was told again is the same.
        others: Of these, of other configurations than the chosen one.
    """

    trainings: int
    configurations: int
    each: list[int]
    tuning: int
    floors: int
    comparisons: int
    others: int


def find_comparison(
    chosen: Configuration, reports: Sequence[Content], spec: JobSpec, tested: OnTest | None = None
) -> Comparison | None:
    """The latest comparison of a configuration; None where there is none, and where it was
    confirmed as one of the whole front since.

    Args:
        reports: What `confirm` kept, oldest first.
        tested: What the test rows said of it at last.
    """
    mine = [x for x in reports if key_of(x["arms"][0], spec) == chosen.key]
    last = max(reversed(mine), key=order_of, default=None)
    if last is None or (tested is not None and order_of(last) < tested.order):
        return None
    return _compare(last, spec)


def _compare(last: Content, spec: JobSpec) -> Comparison:
    goal = objective(spec.task.quality)
    arms = [_arm(x) for x in last["arms"]]
    level = last.get("level", _LEVEL)
    against = [_against(x, goal.signed, level) for x in last["differences"]]
    told = [str(x).strip() for x in last.get("calibration", {}).get("told", ())]
    groups = [str(x).strip() for x in last.get("by", {}).get("told", ())]
    return Comparison(
        rows=last["test_rows"],
        level=level,
        arms=arms,
        against=against,
        groups=groups,
        calibration=told,
    )


def count_readings(
    chosen: Configuration | None,
    reports: Sequence[Content],
    runs: Sequence[Content],
    spec: JobSpec,
    fronts: Sequence[Content] = (),
) -> Readings:
    """How often what was scored on the test split.

    Args:
        reports: What `confirm` kept of its comparisons.
        runs: What it kept of single runs, of either split.
        fronts: What it kept of whole fronts, each of which is one comparison.
    """
    # Two confirmations at once may both have kept one.
    kept = {(x["key"], x["seed"], x["split"], x.get(DATA)) for x in runs}
    tested = [key for key, _, split, _ in kept if split == TEST]
    trained = [key for key in tested if not key.startswith(_FLOOR)]
    counts = Counter(trained).values()
    keys = [{key_of(x["arms"][0], spec)} for x in _once(reports, "arms")]
    keys += [{key_of(member, spec) for member in x["front"]} for x in _once(fronts, "front")]
    return {
        "trainings": len(trained),
        "configurations": len(set(trained)),
        "each": sorted({min(counts), max(counts)}) if counts else [],
        "tuning": sum(split != TEST for _, _, split, _ in kept),
        "floors": len(set(tested) - set(trained)),
        "comparisons": len(keys),
        "others": sum(chosen is None or chosen.key not in x for x in keys),
    }


def _once(reports: Sequence[Content], scored: str) -> list[Content]:
    """One report of each reading: who confirms again what is kept reads nothing anew."""
    found = {}
    for report in reports:
        reading = report.get("reading")
        told = report[scored] if reading is None else (reading.get("data"), reading["number"])
        found[json.dumps(told)] = report
    return list(found.values())


def _arm(arm: Content) -> ComparedArm:
    return {
        "name": arm["name"],
        "words": arm["description"],
        "mean": arm["mean"],
        "interval": arm.get("interval"),
        "seeds": 0 if arm["configuration"] is None else len(arm["values"]),
        "trainable_parameters": arm["trainable_parameters"],
    }


def _against(found: Content, signed: Any, level: float) -> Against:
    low, high = sorted(signed(found[x]) for x in ("low", "high"))
    error = found.get("standard_error")
    return {
        "name": found["versus"],
        "gain": signed(found["mean"]),
        "low": low,
        "high": high,
        "level": level,
        "standard_error": (high - low) / _WIDTH if error is None else error,
        "resolved": low > 0 or high < 0,
    }
