"""The front of a job: its non-dominated configuration keys, now and at every past event.

Each key stands at the mean over its completed, fully trained seeds.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, false, func, or_, select

from peftsearch.message_text import show
from peftsearch.records.dominance import choose_front, choose_within
from peftsearch.records.estimates import Estimate, estimate
from peftsearch.records.front_points import FrontEntry, FrontPoint
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .rows import damaged, get_job, read_configuration
from .schema import front_entries, measurements, trials
from .session import Session, read

_ROUNDING = 1e-9
"""Share of a mean by which two ways to add may differ, and much more."""
_BEYOND = 1e300
"""No objective reaches it."""
_IS_WHOLE = and_(trials.c.state == TrialState.COMPLETED, measurements.c.fidelity == 1.0)
"""Of a measurement of a completed, fully trained trial."""
_IS_WHOLE_OF_KEY = and_(
    case((trials.c.state == TrialState.COMPLETED, True), else_=False),
    measurements.c.fidelity == 1.0,
)
"""The same where the keys are known: said as a case, since SQLite would else take the index of
states, and with it all completed trials of the job."""


@dataclass(frozen=True)
class _Seed:
    """As much of a completed, fully trained trial as the front needs."""

    key: str
    number: int
    measurements: Mapping[str, float]


class Fronts(Session):
    """The fronts of jobs, as queries."""

    @read
    def front(self, job_id: int, event: int | None = None) -> list[FrontPoint]:
        """The job's front in ascending cost, now or as it stood after an event.

        Raises:
            NotFoundError: No job has that id.
        """
        spec = get_job(self._connection, job_id).spec
        same_key = and_(
            trials.c.job_id == front_entries.c.job_id, trials.c.key == front_entries.c.key
        )
        query = (
            select(front_entries, trials.c.number, trials.c.configuration)
            .join(trials, same_key)
            .where(_is_on_front(job_id, event))
        )
        points = [
            FrontPoint(
                entry.key,
                read_configuration(row.number, row.configuration),
                entry.values,
                entry.trials,
                entry.entered,
            )
            for row in self._connection.execute(query)
            if row.number == (entry := _entry_of(row)).trials[0]
        ]
        for point in points:
            if missing := [x for x in spec.goals if x not in point.values]:
                got = f"none of {', '.join(missing)}"
                raise damaged(f"means of the front's configuration {point.key}", got)
        return sorted(points, key=lambda x: (x.values[spec.objectives.cost], x.key))

    @read
    def front_changes(self, job_id: int, event: int) -> list[FrontEntry]:
        """The entries of the job's front that entered or left after `event`.

        Returns:
            Ascending by the event at which they entered, then by key; from event 0 on it is the
            whole history.
        """
        entered, left = front_entries.c.entered_event, front_entries.c.left_event
        changed = and_(front_entries.c.job_id == job_id, or_(entered > event, left > event))
        query = select(front_entries).where(changed).order_by(entered, front_entries.c.key)
        return [_entry_of(row) for row in self._connection.execute(query)]


def update_front(connection: Connection, job_id: int, spec: JobSpec, event: int, key: str) -> None:
    """Let entries leave and enter at `event`, after a trial of `key` was completed.

    The caller holds the job's row.
    """
    mine, limits = trials.c.job_id == job_id, spec.limits
    names = (*spec.goals, *(x.name for x in limits))
    rows = connection.execute(select(front_entries).where(_is_on_front(job_id)))
    old = {entry.key: entry for entry in map(_entry_of, rows)}
    candidates: list[FrontEntry | Estimate[_Seed]]
    changed = _read_estimates(connection, and_(mine, trials.c.key == key), names)
    if key not in old:
        # What the front dominated, it still dominates, or the changed key does.
        candidates = [*old.values(), *changed]
    else:
        # Its new mean may be worse or break a limit, and let in what it alone dominated.
        others = [x for x in old.values() if x.key != key]
        after = changed[0].values if choose_within(changed, limits) else None
        freed = _is_freed(mine, spec.goals, old[key].values, after)
        lurking = _read_estimates(connection, and_(mine, freed), names)
        candidates = [*others, *changed, *(x for x in lurking if x.key not in old)]
    new = {candidate.key for candidate in choose_front(candidates, spec.goals, limits)}
    # The changed key leaves even if it stays: it enters again at its new mean.
    if gone := [x for x in old if x == key or x not in new]:
        leaving = front_entries.update().where(_is_on_front(job_id), front_entries.c.key.in_(gone))
        connection.execute(leaving.values(left_event=event))
    if entering := [x for x in new if x == key or x not in old]:
        for found in _read_estimates(connection, and_(mine, trials.c.key.in_(entering))):
            _enter(connection, job_id, found, event)


def _is_freed(
    mine: ColumnElement[bool],
    goals: Sequence[str],
    before: Mapping[str, float],
    after: Mapping[str, float] | None,
) -> ColumnElement[bool]:
    """Of trials whose key a front member may have dominated at its mean before and not at the one
    after, None where it dominates nothing any more.

    In some goal that became worse they are at or between the two: beyond the first they were not
    dominated, below the second they still are.
    """
    if after is None:
        worst = {x: -objective(x).signed(_BEYOND) for x in goals}
        return and_(*(trials.c.key.in_(between(mine, x, before[x], worst[x])) for x in goals))
    sign = {x: objective(x).signed for x in goals}
    worse = [x for x in goals if sign[x](after[x]) < sign[x](before[x])]
    parts = (trials.c.key.in_(between(mine, x, before[x], after[x])) for x in worse)
    return or_(false(), *parts)


def between(mine: ColumnElement[bool], goal: str, one: float, other: float) -> Select[Any]:
    """Keys whose mean of a goal is at or between two. A database may round means otherwise than we
    do.

    They are found once, whatever a server believes of its tables: where it knows nothing of them
    yet, as after a restore, it would look for them anew for each trial, under the job's lock.
    """
    low, high = sorted((one, other))
    ends = low - _ROUNDING * (1.0 + abs(low)), high + _ROUNDING * (1.0 + abs(high))
    found = (
        select(trials.c.key)
        .join(measurements, measurements.c.trial_id == trials.c.id)
        .where(mine, _IS_WHOLE, measurements.c.name == goal)
        .group_by(trials.c.key)
        .having(func.avg(measurements.c.value).between(*ends))
    )
    return select(found.cte().prefix_with("MATERIALIZED", dialect="postgresql").c.key)


def _is_on_front(job_id: int, event: int | None = None) -> ColumnElement[bool]:
    mine, left = front_entries.c.job_id == job_id, front_entries.c.left_event
    if event is None:
        return and_(mine, left.is_(None))
    return and_(mine, front_entries.c.entered_event <= event, or_(left.is_(None), left > event))


def _entry_of(row: Row[Any]) -> FrontEntry:
    means, numbers = row.means, row.trial_numbers
    if not (
        isinstance(means, Mapping) and all(isinstance(x, int | float) for x in means.values())
    ):
        raise damaged(f"means of the front's configuration {row.key}", show(means))
    if not (isinstance(numbers, list) and numbers and all(isinstance(x, int) for x in numbers)):
        raise damaged(f"trials of the front's configuration {row.key}", show(numbers))
    return FrontEntry(row.key, means, tuple(numbers), row.entered_event, row.left_event)


def _read_estimates(
    connection: Connection, condition: ColumnElement[bool], names: Sequence[str] | None = None
) -> list[Estimate[_Seed]]:
    """Of each key, with the means of `names` alone (None: of all that was measured)."""
    if names is not None:
        condition = and_(condition, measurements.c.name.in_(names))
    query = (
        select(trials.c.key, trials.c.number, measurements.c.name, measurements.c.value)
        .join(measurements, measurements.c.trial_id == trials.c.id)
        .where(condition, _IS_WHOLE_OF_KEY)
    )
    values: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    # Sorted here: for an order by number SQLite would go through the job's trials by theirs.
    for key, number, name, value in sorted(map(tuple, connection.execute(query))):
        values[key][number][name] = value
    return [
        estimate(_Seed(key, number, found) for number, found in seeds.items())
        for key, seeds in values.items()
    ]


def _enter(connection: Connection, job_id: int, found: Estimate[_Seed], event: int) -> None:
    connection.execute(
        front_entries.insert().values(
            job_id=job_id,
            key=found.key,
            means=dict(found.values),
            trial_numbers=list(found.numbers),
            entered_event=event,
        )
    )
