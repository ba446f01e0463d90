"""What confirmations told of configurations, and of adapters that an export takes home."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import stdev
from typing import Any

from scipy.special import stdtrit

from peftsearch.errors import UserError
from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.differences import LEVEL
from peftsearch.results.wording import cell, name_trials, plural, signed
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec

from .plan import LEAST, USUAL
from .spending import ordinal, percent
from .verdict import IN_SHORT

TEST_FILE = "test_file"
"""Entry of such a report: SHA-256 of the file that the test rows were read from, null of none."""
CONFIRM, FRONT = "confirm", "confirm-front"
"""Kinds of the reports beside a job that its confirmations are: of one point, of a whole front."""
Content = Mapping[str, Any]
_UNREADABLE = (KeyError, TypeError, IndexError, UserError)


@dataclass(frozen=True)
class OnTest:
    """The job's quality on the test rows, of a configuration that was trained for this.

    Attributes:
        key: Of the configuration.
        values: Of each training, which all have seeds that the search did not use.
        interval: Of their mean; None of before it was kept.
        level: Chance with which it holds.
        rows: How many the test split has.
        reading: Number of the reading of the test split; None where nobody entered one.
        entered: When that began, in seconds since the epoch; 0 where nobody entered it.
        told: Sentences on how it stands beside what it was compared with.
        adapters: The quality of kept adapters of this configuration there, by the numbers of their
            trials.
        data: SHA-256 of the texts and labels of the test rows in their order; None where nobody
            entered it.
        file: SHA-256 of the file that they were read from; None of none, and of before it was
            kept.
    """

    key: str
    mean: float
    values: tuple[float, ...]
    interval: tuple[float, float] | None
    level: float
    rows: int
    reading: int | None
    told: tuple[str, ...]
    entered: float = 0.0
    adapters: Mapping[int, float] = field(default_factory=dict, hash=False)
    data: str | None = None
    file: str | None = None

    @property
    def order(self) -> tuple[float, int]:
        """Readings of other test rows are counted from 1 again: the later one is the last."""
        return self.entered, self.reading or 0


def find_tested(
    single: Iterable[Content], fronts: Iterable[Content], spec: JobSpec
) -> dict[str, OnTest]:
    """What the test rows said of each configuration, by key; of several readings the last.

    Args:
        single: What confirmations of one point kept, oldest first.
        fronts: What those of a whole front kept.
    """
    found = [_of_point(x, spec) for x in single]
    found += [_of_member(x, member, spec) for x in fronts for member in x.get("front", ())]
    known = sorted((x for x in found if x is not None), key=lambda x: x.order)
    return {x.key: x for x in known}


def order_of(report: Content) -> tuple[float, int]:
    """What the last of several reports is found by, of a point and of a front alike."""
    reading = report.get("reading") or {}
    return reading.get("created", 0.0), reading.get("number", 0)


def key_of(arm: Content, spec: JobSpec) -> str | None:
    """The key of an arm's configuration; None of a floor."""
    found = read_configuration(arm, spec)
    return None if found is None else found.key


def read_configuration(arm: Content, spec: JobSpec) -> Configuration | None:
    """What an arm was trained of; None of a floor."""
    found = arm.get("configuration")
    return None if found is None else Configuration.from_json(found, spec.anatomy.layers)


def tell_tested(found: OnTest, spec: JobSpec) -> list[str]:
    """Sentences: the quality with its interval, of which rows and trainings, and how it stands."""
    name = spec.task.quality
    ends = "" if found.interval is None else f" ({_tell_interval(found, name)})"
    each = ", ".join(cell(name, x) for x in found.values)
    number = "" if found.reading is None else f" in the {ordinal(found.reading)} reading of them"
    text = (
        f"On {plural(found.rows, 'test row')}{number}: {name} {cell(name, found.mean)}{ends}, the "
        f"mean of {plural(len(found.values), 'training')} of this configuration with seeds of "
        f"their own ({each})."
    )
    return [text, *found.told, *_tell_few(found)]


def _tell_few(found: OnTest) -> list[str]:
    """That most of the width of an interval is owed to how few trainings there are; nothing
    where it is owed to the rows, or more seeds would not help much."""
    seeds = len(found.values)
    if found.interval is None or not LEAST <= seeds <= USUAL:
        return []
    quantile = float(stdtrit(seeds - 1, (1 + found.level) / 2))
    own = quantile * stdev(found.values) / math.sqrt(seeds)
    low, high = found.interval
    if 2 * own**2 <= ((high - low) / 2) ** 2:
        return []
    return [
        f"Most of the width of its interval comes from there being only {seeds} trainings "
        f"(Student's t {quantile:.3g}): more seeds would narrow it, as a further reading of these "
        "rows."
    ]


def tell_moved(
    confirmed: Mapping[str, OnTest],
    tried: Sequence[Estimate[Trial]],
    picked: Estimate[Trial],
    spec: JobSpec,
    how: str,
) -> list[str]:
    """One sentence that the confirmation is of another configuration than what is picked; nothing
    where it is of that, and where there is none.

    Args:
        confirmed: By key.
        tried: All configurations of the job.
        how: `picked`, or `proposed` where nobody picked.
    """
    if not confirmed or picked.key in confirmed:
        return []
    latest = max(confirmed.values(), key=lambda x: x.order)
    known = [name_trials(x.numbers) for x in tried if x.key == latest.key]
    of = known[0] if known else "a configuration that this job no longer has"
    number = picked.first.number
    return [
        f"The confirmation on the test rows is of {of}, and what is {how} now is "
        f"{name_trials(picked.numbers)}, of which they said nothing: the pick 'trial {number}' of "
        f"`peftsearch confirm {spec.name}` asks them, as a further reading."
    ]


def read_tested(reports: Iterable[Content]) -> dict[int, tuple[str, ...]]:
    """Sentences on the probabilities of a trial's adapter on test rows, by the trial's number; of
    several confirmations the last.

    Args:
        reports: What `confirm` kept, oldest first.
    """
    found = [x.get("calibration") or {} for x in reports]
    told = {x["trial"]: x.get("told", ()) for x in found if "trial" in x}
    return {trial: tuple(line.strip() for line in lines) for trial, lines in told.items()}


def _tell_interval(found: OnTest, name: str) -> str:
    low, high = (cell(name, x) for x in found.interval or ())
    return f"{percent(found.level)} interval {low} to {high}"


def _of_point(report: Content, spec: JobSpec) -> OnTest | None:
    """None of a report that is damaged, or of what this version does not know."""
    try:
        sentence = report.get("sentence", report.get("verdict", "")).removeprefix(IN_SHORT)
        return _read(report, report["arms"][0], [sentence[:1].upper() + sentence[1:]], spec)
    except _UNREADABLE:
        return None


def _of_member(report: Content, member: Content, spec: JobSpec) -> OnTest | None:
    """As `_of_point`."""
    try:
        level = report.get("level", LEVEL)
        told = [_tell_beside(x, member["mean"], level, spec) for x in member["differences"]]
        return _read(report, member, told, spec)
    except _UNREADABLE:
        return None


def _tell_beside(found: Content, beside: float, level: float, spec: JobSpec) -> str:
    middle, low, high = (
        signed(spec.task.quality, found[x], beside) for x in ("mean", "low", "high")
    )
    ends = f"{percent(level)} interval [{low}, {high}]"
    return f"Beside {found['versus']}: {middle}, {ends}: {found['verdict']}."


def _read(report: Content, arm: Content, told: Sequence[str], spec: JobSpec) -> OnTest:
    reading, interval = report.get("reading"), arm.get("interval")
    return OnTest(
        key=key_of(arm, spec) or "",
        mean=arm["mean"],
        values=tuple(arm["values"]),
        interval=None if interval is None else (interval[0], interval[1]),
        level=report.get("level", LEVEL),
        rows=report["test_rows"],
        reading=None if reading is None else reading["number"],
        told=tuple(x for x in told if x),
        entered=0.0 if reading is None else reading.get("created", 0.0),
        adapters=_read_adapters(report, spec),
        data=None if reading is None else reading.get("data"),
        file=report.get(TEST_FILE),
    )


def _read_adapters(report: Content, spec: JobSpec) -> dict[int, float]:
    """Of the kept adapter that a confirmation of one point has scored, of which it says more."""
    told = report.get("calibration") or {}
    value = (told.get("quality") or {}).get(spec.task.quality)
    return {} if value is None or "trial" not in told else {told["trial"]: value}
