"""What a confirmation would take and what it would read, told before anything is scored."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from peftsearch.records.ranges import add_ranges
from peftsearch.records.reading import Reading
from peftsearch.results.wording import describe, plural
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import hash_rows, load_groups, open_test
from peftsearch.workers.processes.kept_places import check_trainable

from .groups import part_groups
from .pending import OPENING, Pending, tell_forecast
from .plan import Plan, check_enough
from .spending import foresee_reading, level_of, ordinal, percent, spend, tell_reading
from .subject import Subject
from .width import Width


@dataclass(frozen=True)
class Trainings:
    """How many a confirmation takes.

    Attributes:
        left: That are not kept from before, at most.
        total: With those that are.
        further: That a wanted width may add.
        seconds: That those that are left most likely take, with all around them; None before a
            trial has ended.
        words: The same for people.
    """

    left: int
    total: int
    further: int
    seconds: float | None
    words: str


@dataclass(frozen=True)
class ConfirmForecast:
    """What is about to begin.

    Attributes:
        what: The configuration in words, or how many the front has.
        reading: The entry that the ledger has or would get.
        begun: Whether it has it: then nothing further is used up.
        earlier: Readings of the same rows before it.
        test_rows: How many are scored.
        groups: Of the column, with enough rows; None without a column.
        notes: On the test rows.
        front: Whether all of the front is judged together.
        width: The interval that may be expected; None of a front, and where nothing tells it.
        width_words: The same in sentences, with what would make it narrow enough.
    """

    what: str
    trainings: Trainings
    reading: Reading
    begun: bool
    earlier: tuple[Reading, ...]
    test_rows: int
    groups: int | None
    notes: tuple[str, ...]
    front: bool
    width: Width | None = None
    width_words: tuple[str, ...] = ()

    @property
    def level(self) -> float:
        """Chance with which its intervals hold."""
        return level_of(self.reading)

    @property
    def widening(self) -> float:
        """How many times as wide its intervals are as a first reading's, at least: the ratio of
        the normal quantiles; with few seeds Student's are further apart."""
        wide, usual = (NormalDist().inv_cdf((1 + x) / 2) for x in (self.level, level_of(None)))
        return wide / usual

    def tell_reading(self) -> list[str]:
        """Which reading it is, and what that does to what it will claim."""
        told = tell_reading(self.reading, self.earlier)
        if self.begun:
            first = f"the {told}; it has been entered before, so nothing further is used up"
            return [first, *self._tell_widening()]
        return [f"it uses up the {told}", *self._tell_widening()]

    def _tell_widening(self) -> list[str]:
        if self.reading.number == 1:
            later = percent(1 - spend(2))
            return [f"whatever is read of these rows afterwards holds at {later} or more"]
        wide = f"intervals are at least {self.widening:.2f} times as wide as a first reading's"
        claims = (
            f"; of claims at most {percent(spend(self.reading.number))} are expected to be false"
        )
        return [wide + claims * self.front]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "what": self.what,
            "trainings": self.trainings.left,
            "trainings_total": self.trainings.total,
            "trainings_further": self.trainings.further,
            "seconds": self.trainings.seconds,
            "words": self.trainings.words,
            "reading": self.reading.number,
            "ordinal": ordinal(self.reading.number),
            "begun": self.begun,
            "earlier": [x.job for x in self.earlier],
            "level": self.level,
            "widening": self.widening,
            "reading_words": self.tell_reading(),
            "width": None if self.width is None else 2 * self.width.half,
            "width_words": list(self.width_words),
            "test_rows": self.test_rows,
            "groups": self.groups,
            "notes": list(self.notes),
        }


def foresee_confirmation(
    store: Store, subject: Subject, plan: Plan, by: str | None = None
) -> ConfirmForecast:
    """Look at a confirmation before it begins. The test rows are read for their hash and their
    groups; nothing is scored on them, so no reading is entered.

    Args:
        by: Column by which the test rows would be grouped.

    Raises:
        UserError: There are no test rows, or no such column.
    """
    job, spec = subject.job, subject.spec
    check_trainable(spec, test=True)
    test, names = open_test(spec)
    check_enough(len(test.texts))
    data, rows = hash_rows(test, names), len(test.texts)
    known = store.readings(data)
    reading = foresee_reading(known, job, data, plan.subject(subject.members))
    groups = None if by is None else len(part_groups(by, load_groups(spec, by))[0])
    widths = subject.foresee_widths(plan, rows, level_of(reading))
    return ConfirmForecast(
        what=_tell_what(subject),
        trainings=_count(store, subject, plan, data, rows),
        reading=reading,
        begun=reading in known,
        earlier=tuple(known[: reading.number - 1]),
        test_rows=rows,
        groups=groups,
        notes=test.notes,
        front=subject.front,
        width=None if subject.front else widths[0],
        width_words=tuple(subject.tell_widths(widths)),
    )


def _tell_what(subject: Subject) -> str:
    if subject.front:
        return plural(len(subject.members), "configuration") + " of the front"
    return describe(subject.picked, subject.spec.anatomy)


def _count(store: Store, subject: Subject, plan: Plan, data: str, rows: int) -> Trainings:
    """With the start of the program that makes them."""
    counts = subject.count(store, plan, data)
    pending = Pending.of(subject.spec, subject.trials, counts, rows)
    pending.beside = add_ranges([pending.beside, OPENING])
    time, words = pending.foresee(), tell_forecast(pending, counts.further)
    seconds = None if time is None else time.likely
    return Trainings(counts.left, counts.total, counts.further, seconds, words)
