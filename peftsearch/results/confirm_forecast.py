"""What a confirmation would take and what it would read, told before anything is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from peftsearch.records.reading import Reading
from peftsearch.search.recipe_trials import probe
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.presets import make_space
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import hash_rows, load_groups, open_test
from peftsearch.workers.processes.built_in import check_built_in

from .confirm_counts import count_front, count_kept, front_places, further_places, pick_places
from .confirm_plan import Pending, Plan, check_enough, tell_forecast
from .confirm_width import Width, foresee_width, tell_width, tell_widths
from .front_confirmation import check_members
from .groups import part_groups
from .spending import foresee_reading, level_of, ordinal, percent, spend, tell_reading
from .wording import describe, plural

if TYPE_CHECKING:
    from .search_result import SearchResult


@dataclass(frozen=True)
class Trainings:
    """How many a confirmation takes.

    Attributes:
        left: That are not kept from before, at most.
        total: With those that are.
        further: That a wanted width may add.
        seconds: That those that are left most likely take; None before a trial has ended.
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
    store: Store, result: "SearchResult", pick: str | None, plan: Plan, by: str | None = None
) -> ConfirmForecast:
    """Look at a confirmation before it begins. The test rows are read for their hash and their
    groups; nothing is scored on them, so no reading is entered.

    Args:
        pick: As `results.pick.choose` takes it; None for the whole front.
        by: Column by which the test rows would be grouped.

    Raises:
        NotFoundError: Nothing fits the pick.
        UserError: There are no test rows, no front, or no such column.
    """
    job, spec = result.job, result.job.spec
    check_built_in(spec)
    members = _chosen(result, pick)
    test, names = open_test(spec)
    check_enough(len(test.texts))
    data, subject = hash_rows(test, names), plan.subject(members)
    known = store.readings(data)
    reading = foresee_reading(known, job, data, subject)
    groups = None if by is None else len(part_groups(by, load_groups(spec, by))[0])
    front = pick is None
    what = plural(len(members), "configuration") + " of the front"
    rows, level = len(test.texts), level_of(reading)
    known_of = result.trials, result.preparation, plan, rows, level
    widths = [foresee_width(spec, x, *known_of) for x in members]
    width = None if front else widths[0]
    told = [] if width is None else tell_width(width, spec)
    return ConfirmForecast(
        what=what if front else describe(members[0], spec.anatomy),
        trainings=_count(store, result, members, plan, front, data),
        reading=reading,
        begun=reading in known,
        earlier=tuple(known[: reading.number - 1]),
        test_rows=rows,
        groups=groups,
        notes=test.notes,
        front=front,
        width=width,
        width_words=tuple(tell_widths(widths, spec) if front else told),
    )


def _chosen(result: "SearchResult", pick: str | None) -> tuple[Configuration, ...]:
    if pick is not None:
        return (result.pick(pick).configuration,)
    return check_members(tuple(x.configuration for x in result.members))


def _count(
    store: Store,
    result: "SearchResult",
    members: Sequence[Configuration],
    plan: Plan,
    front: bool,
    data: str,
) -> Trainings:
    job, spec = result.job, result.job.spec
    if front:
        places, total, further = front_places(spec, plan, members), 0, 0
        total = count_front(spec, plan, members)
    else:
        places = pick_places(spec, plan, members[0], probe(make_space(spec)))
        kept = count_kept(store, job, further_places(spec, plan, members[0]), data)
        total, further = plan.trainings, max(2 * len(plan.further) - kept, 0)
    left = max(total - count_kept(store, job, places, data), 0)
    pending = Pending.of(spec, result.trials, left)
    time, words = pending.foresee(), tell_forecast(pending, total, further)
    return Trainings(left, total, further, None if time is None else time.likely, words)
