"""Jobs as the list shows them. What follows from a job's event alone is kept until it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import TypedDict

from peftsearch.errors import PeftsearchError, UserError
from peftsearch.insight.best_on_front import Best, best_of
from peftsearch.insight.crew import count_crew
from peftsearch.insight.kind_rows import KindRow, kind_row
from peftsearch.jobs.time_left import Standing
from peftsearch.message_text import one_line
from peftsearch.records.job import Job, JobState
from peftsearch.records.pace import Pace, finished_of, pace_of
from peftsearch.records.preparation import HeadChoice, Pooling, Preparation, Start
from peftsearch.records.ranges import Range
from peftsearch.records.trial import TrialState
from peftsearch.results.standing.endings import tell_ending
from peftsearch.results.standing.floor_words import FloorLine, floor_json, tell_apart
from peftsearch.results.standing.floors import sort_floors
from peftsearch.results.views import budget_text
from peftsearch.samples.fetch import name_sample
from peftsearch.service.memory.by_event import ByEvent
from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.hours import Counted
from peftsearch.service.memory.outcomes import Outcomes
from peftsearch.service.memory.past import History
from peftsearch.service.streams.status import (
    Counts,
    LeftTime,
    estimate_left,
    open_of,
    pace_in,
    show_counts,
    tell_left,
)
from peftsearch.service.work.pool_status import LocalPool, PoolStatus, pool_beside
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.companions import find_parent
from peftsearch.workers.processes.liveness import count_all_live, count_live

NOTES = "notes"
"""Kind of the report that keeps what the check of a job's data had to say."""


class Budget(TypedDict):
    """Whichever comes first; null does not limit."""

    trials: int | None
    hours: float | None


class Search(TypedDict):
    """What a job's spec says of it.

    Attributes:
        cost: The objective that the front trades `quality` against; of several the one that orders
            it.
        goals: All objectives of the front, the quality first.
    """

    budget: Budget
    budget_text: str
    quality: str
    maximise: bool
    cost: str
    goals: list[str]
    kind: str
    model: str
    data: str


class JobSummary(Search, LeftTime):
    """One row of the list of jobs.

    Attributes:
        problem: Why the job's spec cannot be read by this installation, null where it can. What
            the spec would say is empty then.
        event: Counts the ends of trials.
        created: In seconds since the epoch.
        left_seconds: As likely to be more as less; null while unknown and where no worker lives,
            as `left_range`, between what they are in 9 of 10 cases, and `left_words`.
        outcome: What came of a finished job, in a few words: the size of its front, or that
            nothing beats the floor; null of one that has not finished or has no result.
        pool: The local worker processes that the service started for it.
        parent: Name of the job that it stands beside as its baselines or an ablation; null of one
            that searched.
    """

    name: str
    state: JobState
    event: int
    created: float
    problem: str | None
    counts: Counts
    used_hours: float
    best: Best | None
    outcome: str | None
    live_workers: int
    pool: LocalPool | None
    parent: str | None


class HeadLine(TypedDict):
    """What the heads of all trials of a job have in common.

    Attributes:
        pooling: What they read: the first token, the mean of all, the last, or what the
            checkpoint's own pooler makes.
        start: Where their training starts: at the fitted probe, or at random weights.
    """

    pooling: Pooling
    start: Start


class JobDetail(JobSummary):
    """One job with its complete spec.

    Attributes:
        task_kind: The row of its kind of task.
        notes: What the check of its data had to say, and what was decided before its first trial.
        floors: Models without adapters that every configuration must beat, the best first; empty
            before they are measured, and of a job without.
        head: What the heads of all its trials have in common; null as `floors` is empty.
        base_bytes: Of the frozen weights as workers hold them, which every adapter needs beside
            its own; null until a worker has counted them.
        ending: Which of its limits ended it, with its value; null while it runs.
        workers_before: How many workers its last run had; 0 where none has ended a trial.
    """

    spec: dict[str, Any]
    task_kind: KindRow
    hypervolume: float
    notes: list[str]
    floors: list[FloorLine]
    head: HeadLine | None
    base_bytes: int | None
    ending: str | None
    workers_before: int
    preset: str
    seed: int


_UNREADABLE: Search = {
    "budget": {"trials": None, "hours": None},
    "budget_text": "",
    "quality": "",
    "maximise": True,
    "cost": "",
    "goals": [],
    "kind": "",
    "model": "",
    "data": "",
}


@dataclass
class Summaries:
    """Summaries of jobs; for all threads."""

    histories: Histories
    _best: ByEvent[Best | None] = field(default_factory=ByEvent)
    _paces: ByEvent[Pace | None] = field(default_factory=ByEvent)
    _parents: dict[tuple[int, float], str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._outcomes = Outcomes(self.histories)

    def list(
        self, store: Store, jobs: Sequence[Job], pools: Mapping[str, PoolStatus]
    ) -> list[JobSummary]:
        """One summary for each job, in their order."""
        counts, live = store.all_counts(), count_live(store.all_workers())
        none = dict.fromkeys(TrialState, 0)
        return [
            self._summary(store, x, counts.get(x.id, none), live.get(x.id, 0), pools) for x in jobs
        ]

    def detail(self, store: Store, history: History, pools: Mapping[str, PoolStatus]) -> JobDetail:
        """All about the job of a history but its trials.

        Raises:
            NotFoundError: It was deleted meanwhile.
        """
        job, volumes = store.find_job(history.job.name), history.series.hypervolume
        live = count_all_live(store.workers(job.id))
        found = history.preparation or store.preparation(job.id) or Preparation()
        notes = [x for report in store.reports(job.id, NOTES) for x in report["notes"]]
        counts = store.counts(job.id)
        hours = self.histories.hours.used(store, job, counts)
        return {
            **self._summary(store, job, counts, live, pools),
            "spec": job.spec.to_json(),
            "task_kind": kind_row(job.spec.task.kind),
            "hypervolume": volumes[-1] if volumes else 0.0,
            "notes": [*notes, *found.notes, *tell_apart(found, job.spec)],
            "floors": [floor_json(x, job.spec) for x in sort_floors(found, job.spec)],
            "head": None if found.head is None else _head_of(found.head),
            "base_bytes": job.spec.anatomy.base_bytes,
            "ending": tell_ending(job, counts, hours, lambda: store.trials(job.id), found),
            "workers_before": history.derive("crew", lambda x: count_crew(x.points)),
            "preset": "list" if job.spec.space.listed else job.spec.space.preset,
            "seed": job.spec.seed,
        }

    def _summary(
        self,
        store: Store,
        job: Job,
        counts: Counted,
        live: int,
        pools: Mapping[str, PoolStatus],
    ) -> JobSummary:
        problem, hours, pool = job.problem, 0.0, pools.get(job.name)
        best, outcome, left = None, None, None
        readable = problem is None
        try:
            hours = self.histories.hours.used(store, job, counts)
            best = self._find_best(store, job) if readable else None
            outcome = self._outcomes.find(store, job) if readable else None
            left = self._foresee(store, job, hours, live) if readable and live else None
        except UserError as error:
            problem = str(error)
        except PeftsearchError:
            raise
        except Exception as error:  # of a damaged record: it takes no other job away
            problem = one_line(f"{type(error).__name__}: {error}")
        return {
            **(_search_of(job.spec) if readable else _UNREADABLE),
            "name": job.name,
            "state": job.state,
            "event": job.event,
            "created": job.created,
            "problem": problem,
            "counts": show_counts(counts),
            "used_hours": hours,
            **tell_left(left),
            "best": best,
            "outcome": outcome,
            "live_workers": live,
            "pool": None if pool is None else pool_beside(job.state, pool, live),
            "parent": self._find_parent(store, job),
        }

    def _find_parent(self, store: Store, job: Job) -> str | None:
        """Read once: a companion is made with its parent, and no other job gets one."""
        key = job.id, job.created
        if key not in self._parents:
            found = find_parent(store, job)
            self._parents[key] = None if found is None else found["name"]
        return self._parents[key]

    def _foresee(self, store: Store, job: Job, hours: float, live: int) -> Range | None:
        """The time left of a job that is worked on."""
        if job.state is not JobState.RUNNING:
            return None
        opened = store.open_trials(job.id)
        ended = sum(store.counts(job.id).values()) - len(opened)
        standing = Standing(ended, hours, live)
        pace = self._find_pace(store, job)
        steps = {x.name: (x.steps_done, x.steps_total) for x in store.workers(job.id)}
        return estimate_left(job, pace, open_of(opened, steps), standing)

    def _find_pace(self, store: Store, job: Job) -> Pace | None:
        """As fast as its trials ended so far: read once for an event."""
        history = self.histories.find(store, job)
        if history is not None:
            return history.derive("pace", pace_in)
        return self._paces.find(job, lambda: pace_of(job.spec, finished_of(store.trials(job.id))))

    def _find_best(self, store: Store, job: Job) -> Best | None:
        """The best of the front: of a job that nobody looked at yet, without all of its trials."""
        history = self.histories.find(store, job)
        if history is not None:
            return _best_in(history)
        return self._best.find(
            job, lambda: best_of(store.front(job.id), job.spec, job.spec.anatomy)
        )


def _head_of(head: HeadChoice) -> HeadLine:
    return {"pooling": head.pooling, "start": head.start}


def _search_of(spec: JobSpec) -> Search:
    return {
        "budget": {"trials": spec.budget.trials, "hours": spec.budget.hours},
        "budget_text": budget_text(spec),
        "quality": spec.task.quality,
        "maximise": objective(spec.task.quality).maximise,
        "cost": spec.objectives.cost,
        "goals": list(spec.goals),
        "kind": spec.task.kind,
        "model": name_sample(spec.model.path) or spec.model.path,
        "data": name_sample(spec.task.train) or spec.task.train,
    }


def _best_in(history: History) -> Best | None:
    entry = history.best()
    if entry is None:
        return None
    first = history.by_number[entry.trials[0]]
    value = entry.values[history.job.spec.task.quality]
    return Best(value, first.number, first.words, tuple(entry.trials))
