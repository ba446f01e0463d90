"""What is known of a job's trials."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import reduce
from typing import Any

from sqlalchemy import Select, and_, func, select, true, union_all

from peftsearch.errors import NotFoundError
from peftsearch.records.trial import Attempt, Measurement, Trial, TrialState

from .rows import get_ended, get_trials
from .schema import jobs, lost_attempts, measurements, trials
from .session import Session, read
from .wholeness import check_whole

_LOOKED_AT = 20
"""Trials at a time: the first nearly always tells what is asked."""
_ASKED_BY_NUMBER = 500
"""Trials that are asked for one by one; more are asked for with all others."""


def completed_below(job_id: int, number: int | None) -> Select[Any]:
    """The next completed trials of a job below a number, or its last, the latest first."""
    mine = trials.c.job_id == job_id, trials.c.state == TrialState.COMPLETED
    query = select(trials.c.number, trials.c.provenance).where(*mine)
    later = true() if number is None else trials.c.number < number
    return query.where(later).order_by(trials.c.number.desc()).limit(_LOOKED_AT)


def _look_up(told: Any, name: str) -> Any:
    return told.get(name) if isinstance(told, Mapping) else None


def _mark(trial: Trial) -> tuple[Any, ...]:
    """By which it is seen whether anything happened to an open trial."""
    return trial.number, trial.state, trial.attempt, trial.claimed


class Trials(Session):
    """The trials of jobs, as queries. Those for watchers are cheap at ten thousand trials."""

    @read
    def trials(self, job_id: int) -> list[Trial]:
        """The job's trials by number."""
        return get_trials(self._connection, trials.c.job_id == job_id)

    @read
    def trial(self, job_id: int, number: int) -> Trial:
        """The job's trial of that number.

        Raises:
            NotFoundError: There is none.
        """
        asked = and_(trials.c.job_id == job_id, trials.c.number == number)
        if found := get_trials(self._connection, asked):
            return found[0]
        check_whole(self._connection)
        last = self.next_number(job_id) - 1
        known = f"a trial from 0 to {last}" if last >= 0 else "a trial, but there is none yet"
        raise NotFoundError(known, str(number), "see `peftsearch show`")

    @read
    def attempts(self, job_id: int) -> list[Attempt]:
        """How far each of the job's trials is and what it keeps, by number; their configurations
        and measurements are not read."""
        query = select(*(trials.c[x.name] for x in fields(Attempt)))
        mine = query.where(trials.c.job_id == job_id).order_by(trials.c.number)
        return [Attempt(*row) for row in self._connection.execute(mine)]

    @read
    def claims(self, job_id: int) -> set[tuple[int, float]]:
        """Numbers of the job's trials with the moments at which each was claimed, also in attempts
        that brought no result."""
        mine = trials.c.job_id == job_id
        last = select(trials.c.number, trials.c.claimed_at).where(mine)
        lost = select(trials.c.number, lost_attempts.c.claimed_at).where(mine)
        lost = lost.join(lost_attempts, lost_attempts.c.trial_id == trials.c.id)
        rows = self._connection.execute(union_all(last, lost))
        return {(number, claimed) for number, claimed in rows if claimed is not None}

    @read
    def find_end(self, job_id: int, event: int) -> tuple[int, float] | None:
        """What the job's end of that event is known again by: the id of its trial, and when it
        ended. None where there is no such event, as in a database that was restored since."""
        ended = trials.c.job_id == job_id, trials.c.ended_event == event
        query = select(trials.c.id, trials.c.ended_at).where(*ended)
        row = self._connection.execute(query.order_by(trials.c.id)).first()
        return None if row is None else (row.id, row.ended_at)

    @read
    def ended_since(self, job_id: int, event: int, limit: int = 1000) -> list[Trial]:
        """The job's trials that ended after `event`, in the order of their ends.

        Returns:
            The first `limit` of them; the event of the last one continues the list.
        """
        return get_ended(self._connection, job_id, event, limit)

    @read
    def open_trials(self, job_id: int, known: Sequence[Trial] = ()) -> list[Trial]:
        """The job's queued and running trials by number.

        Args:
            known: As an earlier reading had them; what stands as it stood then is not read again,
                and comes with what was left of its lease then.
        """
        unfinished = trials.c.state.in_((TrialState.QUEUED, TrialState.RUNNING))
        mine = and_(trials.c.job_id == job_id, unfinished)
        if not known:
            return get_trials(self._connection, mine)
        marks = select(trials.c.number, trials.c.state, trials.c.attempt, trials.c.claimed_at)
        standing = set(map(tuple, self._connection.execute(marks.where(mine))))
        kept = {x.number: x for x in known if _mark(x) in standing}
        new = [number for number, *_ in standing if number not in kept]
        if len(new) > _ASKED_BY_NUMBER:
            return get_trials(self._connection, mine)
        found = get_trials(self._connection, and_(mine, trials.c.number.in_(new))) if new else []
        return sorted([*kept.values(), *found], key=lambda trial: trial.number)

    @read
    def last_told(self, job_id: int, *names: str) -> Any:
        """What the latest of the job's completed trials that tells it says under a name in its
        provenance, or under one within another; None where none does."""
        below: int | None = None
        while rows := self._connection.execute(completed_below(job_id, below)).all():
            told = (reduce(_look_up, names, x.provenance) for x in rows)
            if found := next((x for x in told if x), None):
                return found
            below = rows[-1].number
        return None

    @read
    def next_number(self, job_id: int) -> int:
        """How many trials the job has, which is the number of the next one."""
        # They are numbered from 0 without gaps, and the highest number stands in an index.
        last = select(func.max(trials.c.number)).where(trials.c.job_id == job_id)
        number = self._connection.execute(last).scalar()
        return 0 if number is None else int(number) + 1

    @read
    def counts(self, job_id: int) -> dict[TrialState, int]:
        """How many of the job's trials are in each state; all states are there."""
        query = select(trials.c.state, func.count()).where(trials.c.job_id == job_id)
        found = self._connection.execute(query.group_by(trials.c.state))
        return dict.fromkeys(TrialState, 0) | {state: number for state, number in found}

    @read
    def tried(self, job_id: int) -> int:
        """How many different configurations of the job were completed."""
        mine = trials.c.job_id == job_id, trials.c.state == TrialState.COMPLETED
        query = select(func.count(trials.c.key.distinct())).where(*mine)
        return self._connection.execute(query).scalar_one()

    @read
    def queued(self, job_id: int) -> int:
        """How many of the job's trials are queued, which asks nothing of the others."""
        mine = trials.c.job_id == job_id, trials.c.state == TrialState.QUEUED
        return self._connection.execute(select(func.count()).where(*mine)).scalar_one()

    @read
    def all_counts(self) -> dict[int, dict[TrialState, int]]:
        """`counts` of every job by its id."""
        query = (
            select(jobs.c.id, trials.c.state, func.count(trials.c.id))
            .outerjoin(trials, trials.c.job_id == jobs.c.id)
            .group_by(jobs.c.id, trials.c.state)
        )
        counts: dict[int, dict[TrialState, int]] = defaultdict(
            lambda: dict.fromkeys(TrialState, 0)
        )
        for job_id, state, number in self._connection.execute(query):
            # A job without trials has one row, without a state.
            counts[job_id] |= {} if state is None else {state: number}
        return dict(counts)

    @read
    def measurements(
        self, job_id: int, numbers: range, name: str | None = None
    ) -> list[Measurement]:
        """Those of some trials by trial, name and fidelity, learning curves included.

        Args:
            numbers: Of the trials; its step is taken as 1.
            name: Only those of that name.
        """
        asked = and_(
            trials.c.job_id == job_id,
            trials.c.number >= numbers.start,
            trials.c.number < numbers.stop,
            true() if name is None else measurements.c.name == name,
        )
        kept = measurements.c.name, measurements.c.fidelity, measurements.c.value
        query = (
            select(trials.c.number, *kept)
            .join(measurements, measurements.c.trial_id == trials.c.id)
            .where(asked)
            .order_by(trials.c.number, measurements.c.name, measurements.c.fidelity)
        )
        return [Measurement(*row) for row in self._connection.execute(query)]
